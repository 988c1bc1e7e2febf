import { closedPort } from '../config-repo.ts';
import { commitStays, followHere, missing, reasonsTell } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The image is not in the registry',
  whatHappens: 'Its pod waits for an image that nobody pushed.',
  whatTheUserSees: 'APPLICATION_DEGRADED',
  exitCode: 7,
  guarantees: [reasonsTell('the pull is named', 'ImagePullBackOff'), commitStays],
  missing,
  cause: async () => {
    const host = await closedPort();
    const values = `front:\n  image: ${host}/app\n  imageTag: a\n`;
    return followHere({ prepare: (place) => place.host.commit('config', { files: { 'main/values.yaml': values } }) });
  },
});
