import { followHere, missing, reasonsTell } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'Another delivery sets another value meanwhile',
  whatHappens: 'Argo CD goes straight on to the later commit.',
  whatTheUserSees: 'superseded',
  exitCode: 0,
  guarantees: [reasonsTell('the later commit is named and judged', '"judged":"healthy"')],
  missing,
  cause: () => {
    let overtaken = false;
    return followHere({
      argocd: { pace: { compare: 200 } },
      onEvent: ({ type }, { deliver }) => {
        if (type !== 'commit.finished' || overtaken) return;
        overtaken = true;
        void deliver('c');
      },
    });
  },
});
