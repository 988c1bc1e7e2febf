import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import type { World } from '../../wire/world.ts';
import { type ConfigRepo, defaultIdleMs, openConfigRepo } from './config-repo.ts';
import { explainGitFailure } from './git-failure.ts';

/** Reading alone is over in seconds, or it is no use waiting. */
const mostMs = 120_000;

/** Asks a config repo something and writes nothing. Throws BRANCH_NOT_FOUND, REPO_EMPTY, GIT_*, and what `question` throws. */
export async function askConfigRepo<T>(
  world: World,
  place: Pick<DeliveryPlan, 'repo' | 'branch'>,
  credential: GitCredential | undefined,
  question: (repo: ConfigRepo) => Promise<T>,
  idleMs: number = defaultIdleMs,
): Promise<T> {
  const deadline = world.clock.now() + mostMs;
  const repo = openConfigRepo(world, place, { credential, idleMs, deadline, notice: world.notice });
  try {
    return await question(repo);
  } catch (error) {
    throw explainGitFailure(error, { delivery: place, credential, doing: 'read' });
  } finally {
    await repo.close();
  }
}
