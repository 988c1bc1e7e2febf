import { commitStays, followHere, meanwhile, missing } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The application is deleted meanwhile',
  whatHappens: 'Somebody removes it while the verdict is waited for.',
  whatTheUserSees: 'APPLICATION_UNKNOWN',
  exitCode: 7,
  guarantees: [commitStays],
  missing,
  cause: () =>
    followHere({
      application: '{ name: front, project: default }',
      onEvent: meanwhile(({ argocd }) => argocd.remove('front')),
    }),
});
