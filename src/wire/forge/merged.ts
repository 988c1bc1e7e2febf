import { WireFailure } from '../failure.ts';
import { at, listAt, numberAt, optionalText, textAt } from '../fields.ts';
import { urlPath } from '../text/url-path.ts';
import type { World } from '../world.ts';
import type { Commented } from './comments.ts';
import { openApi } from './forge.ts';

/** `at`: when it was merged by its host's clock, ISO 8601, where that tells. */
export interface MergedPull {
  readonly number: number;
  readonly at: string | undefined;
}

/**
 * The merged pull request that brought a commit to a branch, as its host tells it: by a merge, a squash or a rebase. One that
 * took it on from there to another branch isn't. Undefined where none did, or the token may not see it. Throws WireFailure.
 */
export async function mergedPull(
  world: World,
  { kind, access }: Pick<Commented, 'kind' | 'access'>,
  commit: string,
  branch: string | undefined,
): Promise<MergedPull | undefined> {
  const { call } = openApi(world, access);
  const path = urlPath(access.path);
  if (kind === 'gitea') {
    const pull = await call(`GET /repos/${path}/commits/${commit}/pull`).catch((error: unknown) => {
      if (error instanceof WireFailure && error.status === 404) return undefined;
      throw error;
    });
    return at(pull, 'merged') === true ? pullIn(pull, 'number') : undefined;
  }
  const project = `/projects/${encodeURIComponent(access.path)}/repository`;
  const value = await call(
    kind === 'github'
      ? `GET /repos/${path}/commits/${commit}/pulls`
      : `GET ${project}/commits/${commit}/merge_requests`,
  );
  const merged = listAt({ value }, 'value').filter((one) =>
    kind === 'github' ? optionalText(one, 'merged_at') !== undefined : textAt(one, 'state') === 'merged',
  );
  const makes = (one: unknown): boolean =>
    ['merge_commit_sha', 'squash_commit_sha'].some((key) => textAt(one, key) === commit);
  // A commit of one that was merged into another's branch has both.
  const isOnto = (one: unknown): boolean =>
    branch !== undefined && (kind === 'github' ? textAt(one, 'base', 'ref') : textAt(one, 'target_branch')) === branch;
  const found = merged.find(makes) ?? merged.find(isOnto);
  return found === undefined ? undefined : pullIn(found, kind === 'github' ? 'number' : 'iid');
}

function pullIn(value: unknown, key: string): MergedPull {
  const time = Date.parse(textAt(value, 'merged_at'));
  return { number: numberAt(value, key), at: Number.isNaN(time) ? undefined : new Date(time).toISOString() };
}
