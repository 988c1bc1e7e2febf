import { GitDataError } from '../failure.ts';
import { applyDelta } from './delta.ts';
import { type GitObject, makeObject, type ObjectFormat, type ObjectId } from './object.ts';
import type { PackEntry } from './pack.ts';

/** Objects by their ids. */
export type Objects = Map<ObjectId, GitObject>;

type Delta = Extract<PackEntry, { is: 'delta' }>;

/** Counted for every object beside its content, so that a million empty ones have their price too. */
const overhead = 200;

/**
 * Puts a pack's objects into `into`, deltas applied to what is in the pack or already there (a thin pack). `enough` is
 * asked after each entry; once it says so, the rest isn't read. Throws GitDataError, `tooLarge` past `budget` bytes.
 */
export async function unpack(
  entries: AsyncIterable<PackEntry>,
  into: Objects,
  options: {
    readonly format: ObjectFormat;
    readonly budget: number;
    readonly enough?: () => boolean;
    /** Differences whose base never comes are left out: they build on what nobody reads. */
    readonly loose?: boolean;
  },
): Promise<void> {
  const byOffset = new Map<number, GitObject>();
  const waiting = new Map<number | ObjectId, Delta[]>();
  let left = options.budget;
  const spend = (bytes: number): void => {
    left -= bytes + overhead;
    if (left < 0) throw new GitDataError('tooLarge', `the objects make more than ${options.budget} bytes`);
  };
  const apply = (base: GitObject, { offset, delta }: Delta) => ({
    offset,
    object: makeObject(options.format, base.type, applyDelta(base.content, delta, Math.max(left, 0))),
  });
  const keep = (offset: number, object: GitObject): void => {
    // Grows while it is walked: a delta may stand before the object it names by id, and others build on it in turn.
    const ready = [{ offset, object }];
    for (const next of ready) {
      spend(next.object.content.byteLength);
      byOffset.set(next.offset, next.object);
      into.set(next.object.id, next.object);
      for (const key of [next.offset, next.object.id]) {
        for (const delta of waiting.get(key) ?? []) ready.push(apply(next.object, delta));
        waiting.delete(key);
      }
    }
  };
  for await (const entry of entries) {
    if (entry.is === 'object') keep(entry.offset, entry.object);
    if (entry.is === 'delta') {
      const base = typeof entry.base === 'number' ? byOffset.get(entry.base) : into.get(entry.base);
      if (base === undefined) {
        spend(entry.delta.byteLength);
        const others = waiting.get(entry.base);
        if (others === undefined) waiting.set(entry.base, [entry]);
        else others.push(entry);
      } else {
        const made = apply(base, entry);
        keep(made.offset, made.object);
      }
    }
    if (options.enough?.() === true) return;
  }
  if (waiting.size > 0 && options.loose !== true)
    throw new GitDataError('malformed', `${waiting.size} deltas have no base in the pack`);
}
