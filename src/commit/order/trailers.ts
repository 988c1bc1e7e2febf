import { type HistoryCommit, newestCommits } from '../../wire/git/ancestry.ts';
import { isObjectId, type ObjectId } from '../../wire/git/pack/object.ts';
import type { GitRemote } from '../../wire/git/remote.ts';

/** The trailers of a commit message, in their order: `Key: value` lines of its last paragraph (git-interpret-trailers). */
export function trailersOf(message: string): readonly { readonly key: string; readonly value: string }[] {
  const paragraphs = message.trimEnd().split('\n\n');
  if (paragraphs.length < 2) return [];
  return (paragraphs.at(-1) ?? '').split('\n').flatMap((line) => {
    const [, key, value] = /^([A-Za-z][A-Za-z0-9-]*): (.*)$/.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [{ key, value }];
  });
}

/** The app repo's commit that a config commit came from, and that repo's URL where it is told. */
export function sourceOf(message: string): { readonly commit: ObjectId; readonly url: string | undefined } | undefined {
  const trailers = trailersOf(message);
  const own = trailers.findLast(({ key }) => key === 'Tagboat-Source')?.value ?? '';
  const at = own.lastIndexOf('@');
  const commit = own.slice(at + 1);
  if (isObjectId(commit)) return { commit, url: at > 0 ? own.slice(0, at) : undefined };
  const argo = trailers.findLast(({ key }) => key === 'Argocd-reference-commit-sha')?.value ?? '';
  return isObjectId(argo) ? { commit: argo, url: undefined } : undefined;
}

/** How far back the writer of a value is looked for: first where it mostly is, then as far as it is worth. */
const depths = [128, 4_096];

/** A place in the config repo with the value it has. */
export interface PlacedValue {
  readonly file: string;
  readonly path: string;
  readonly value: string;
}

/**
 * The app repo's commits behind values at a tip, by the trailers of the newest config commit that set each. Undefined
 * when none of the last few thousand did, when that one set another value (so somebody changed it by hand since), or
 * when it doesn't say where it came from. One request to the config repo for all of them, rarely two, and none before
 * the first is asked for. Throws WireFailure.
 */
export function openWriters(remote: GitRemote, tip: ObjectId): (place: PlacedValue) => Promise<ObjectId | undefined> {
  const read = new Map<number, ReturnType<typeof newestCommits>>();
  const newest = (depth: number): ReturnType<typeof newestCommits> => {
    const commits = read.get(depth) ?? newestCommits(remote, tip, depth);
    read.set(depth, commits);
    return commits;
  };
  return async (place) => {
    const setting = `${place.file}:${place.path}=`;
    for (const depth of depths) {
      const commits = await newest(depth);
      if (commits === undefined) return undefined;
      for (const message of fromTip(commits, tip)) {
        const set = trailersOf(message).find(({ key, value }) => key === 'Tagboat-Set' && value.startsWith(setting));
        if (set === undefined) continue;
        return set.value.slice(setting.length) === place.value ? sourceOf(message)?.commit : undefined;
      }
      if (commits.size < depth) return undefined;
    }
    return undefined;
  };
}

/** Messages from the tip down, generation by generation. */
function* fromTip(commits: ReadonlyMap<ObjectId, HistoryCommit>, tip: ObjectId): Generator<string> {
  // Grows while it is walked.
  const seen = new Set([tip]);
  for (const id of seen) {
    const commit = commits.get(id);
    if (commit === undefined) continue;
    yield commit.message;
    for (const parent of commit.parents) seen.add(parent);
  }
}
