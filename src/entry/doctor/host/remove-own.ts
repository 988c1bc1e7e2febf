import { publishedAt } from '../../../commit/repo/layout.ts';
import { peerOf, WireFailure } from '../../../wire/failure.ts';
import { type ObjectId, zeroId } from '../../../wire/git/pack/object.ts';
import { isTaken } from '../../../wire/git/push.ts';
import type { GitRemote } from '../../../wire/git/remote.ts';
import type { World } from '../../../wire/world.ts';

/** Where doctors make refs of their own in a config repo. */
export const doctorPrefix = 'refs/tagboat/doctor/';

/** Older ones are no doctor's that is still asking, milliseconds. */
const othersMs = 3_600_000;
/** Refs of earlier doctors removed by one. */
const mostOld = 100;

/**
 * Removes the refs that this doctor made, by the ids that they may have, and those that earlier ones left. Tells of each
 * that is there still, and why. Throws nothing: what was asked counts.
 */
export async function removeOwn(
  world: Pick<World, 'clock'>,
  remote: GitRemote,
  made: ReadonlyMap<string, readonly ObjectId[]>,
  left: (ref: string, why: string) => void,
): Promise<void> {
  const look = () => remote.refs([doctorPrefix], 1_000).catch(() => undefined);
  const { signal } = new AbortController();
  const shown = (await look()) ?? new Map<string, ObjectId>();
  const isOld = (ref: string): boolean => {
    const at = publishedAt(ref.slice(doctorPrefix.length).replace(/-[12]$/, ''));
    return at === undefined || at < world.clock.now() - othersMs;
  };
  const old = [...shown.keys()].filter((ref) => !made.has(ref) && isOld(ref)).slice(0, mostOld);
  const why = new Map<string, string>();
  for (const ref of [...made.keys(), ...old]) {
    const now = shown.get(ref);
    // What isn't shown may be there all the same: the look failed, or the host hides such refs.
    for (const from of now === undefined ? (made.get(ref) ?? []) : [now]) {
      try {
        const update = { ref, from, to: zeroId(remote.format()) };
        const report = await remote.push([update], [], signal);
        why.delete(ref);
        if (isTaken(report, [update])) break;
        why.set(ref, [report.said, report.refs.get(ref)].find((text) => text) ?? 'it was not removed');
      } catch (error) {
        why.set(ref, error instanceof WireFailure ? (peerOf(error).text ?? error.message) : String(error));
      }
    }
  }
  if (made.size + old.length === 0) return;
  const after = await look();
  for (const ref of [...made.keys(), ...old])
    if (after === undefined ? why.has(ref) : after.has(ref)) left(ref, why.get(ref) ?? 'the host said it was removed');
}
