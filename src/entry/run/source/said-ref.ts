import { TagboatError, usageError } from '../../../errors.ts';
import type { Source } from '../../../plan.ts';
import { answerOf, checkoutGit } from '../../../wire/checkout.ts';
import type { World } from '../../../wire/world.ts';

/**
 * The source as of the ref that the command line says: `refs/heads/main` or `main`, or `refs/tags/v1.2.0`. Throws USAGE,
 * SOURCE_FROM_FORK: whose commit it is, is no matter of a name; SOURCE_REF_ELSEWHERE for a tag of another commit.
 */
export async function sourceOfRef(world: World, source: Source, ref: string): Promise<Source> {
  const git = checkoutGit(world, source.dir);
  const [, branch, gitTag, short] = /^(?:refs\/heads\/(.+)|refs\/tags\/(.+)|((?!refs\/).+))$/.exec(ref) ?? [];
  if (source.pullRequest?.foreign) throw new TagboatError('SOURCE_FROM_FORK', { number: source.pullRequest.number });
  const whole = short === undefined ? ref : `refs/heads/${short}`;
  const isRef = (branch ?? gitTag ?? short) && (await git('check-ref-format', whole)).code === 0;
  if (!isRef) {
    const problem = `--ref takes a branch or a whole ref, such as main, refs/heads/main or refs/tags/v1.2.0, not ${JSON.stringify(ref)}.`;
    throw usageError(problem);
  }
  if (gitTag !== undefined) {
    // A shallow checkout may not have it.
    const commit = answerOf(await git('rev-parse', '--quiet', '--verify', `${ref}^{commit}`));
    if (commit !== undefined && commit !== source.commit)
      throw new TagboatError('SOURCE_REF_ELSEWHERE', { ref, commit, head: source.commit });
  }
  return { ...source, branch: branch ?? short, gitTag, pullRequest: undefined };
}
