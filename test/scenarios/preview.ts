import type { Env } from '../../src/wire/world.ts';
import type { Town } from '../support/cli.ts';
import { git } from '../support/git-host.ts';
import { type AppRepoScene, committed, configured, type Shipping, shipHere } from './app-repo.ts';

/** The variables of a merge request's job on GitLab. */
export async function ofMergeRequest({ app }: Town): Promise<Env> {
  return {
    ...{ GITHUB_ACTIONS: undefined, GITLAB_CI: 'true', CI_COMMIT_REF_NAME: 'topic' },
    ...{ CI_MERGE_REQUEST_ID: '77', CI_MERGE_REQUEST_IID: '7', CI_MERGE_REQUEST_PROJECT_ID: '1' },
    ...{ CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '1', CI_PIPELINE_SOURCE: 'merge_request_event' },
    CI_COMMIT_SHA: (await git(app, 'rev-parse', 'HEAD')).trim(),
  };
}

/** The town's delivery as one that writes `target` from the template of the app repo with this text. */
export function writing(target: string, template: string | undefined) {
  return async (town: Town): Promise<void> => {
    await configured((text) =>
      text.replace('from: main', `from: { pullRequests: true }\n    write: { "${target}": deploy/preview.txt }`),
    )(town);
    if (template !== undefined) await committed({ 'deploy/preview.txt': template })(town);
  };
}

/** Ships a merge request that writes such a file. */
export function shipPreview(target: string, template: string | undefined, more: Shipping = {}): Promise<AppRepoScene> {
  const prepare = async (town: Town): Promise<void> => {
    await writing(target, template)(town);
    await more.prepare?.(town);
  };
  return shipHere({ ...more, prepare, env: ofMergeRequest });
}
