import { followHere, missing, neverHealthy, reasonsTell } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: "The chart can't be rendered",
  whatHappens: 'A template names a value that is not there.',
  whatTheUserSees: 'APPLICATION_SYNC_FAILED',
  exitCode: 7,
  guarantees: [
    neverHealthy,
    reasonsTell("Argo CD's condition is shown with Helm's words", 'ComparisonError', 'nil pointer'),
  ],
  missing,
  cause: () =>
    followHere({
      prepare: ({ host }) => host.commit('config', { files: { 'main/templates/bad.yaml': '{{ .Values.no.such }}\n' } }),
    }),
});
