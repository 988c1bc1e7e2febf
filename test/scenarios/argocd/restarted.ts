import { commitStays, followHere, meanwhile, missing, oneStream } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The API is restarted while it is asked',
  whatHappens: 'Streams are cut and some requests refused, then all is well.',
  whatTheUserSees: 'healthy',
  exitCode: 0,
  guarantees: [commitStays, oneStream],
  missing,
  cause: () => {
    let faults = 0;
    return followHere({
      argocd: { fault: () => (faults-- > 0 ? { is: 'cut' } : undefined) },
      onEvent: meanwhile(({ argocd }) => {
        faults = 4;
        argocd.cut();
      }),
    });
  },
});
