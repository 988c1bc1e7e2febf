import { TagboatError } from '../../errors.ts';
import type { HeldPlace, Hold, HoldChange } from '../../plan/holds.ts';
import { formatPath, parsePath } from '../../plan/path.ts';
import type { Snapshot } from '../../wire/git/snapshot.ts';
import { holdsFile } from '../repo/layout.ts';

/**
 * The holds at a commit, which must have been read for `holdsFile`; none where there is no such file. Throws
 * HOLDS_INVALID: holds that can't be read are not no holds.
 */
export async function readHolds(snapshot: Snapshot): Promise<readonly Hold[]> {
  const found = snapshot.files.get(holdsFile);
  if (found === undefined) throw new RangeError(`${holdsFile} wasn't asked for`);
  switch (found.is) {
    case 'missing':
      return [];
    case 'file':
      // Loaded where there is something to read, which in most config repos is never.
      return (await import('./schema.ts')).parseHolds(holdsFile, found.blob.content);
    default:
      throw new TagboatError('HOLDS_INVALID', { file: holdsFile, why: `it is no file of a usual size (${found.is})` });
  }
}

/** Holds that haven't ended. */
export function activeHolds(holds: readonly Hold[], now: number): Hold[] {
  return holds.filter(({ until }) => until === undefined || Date.parse(until) > now);
}

/**
 * The hold that a commit would break, unless its own `change` to the holds is about the same place. `newValue` is the
 * value that a place would get where it is another than now.
 */
export function brokenBy(
  newValue: (place: HeldPlace) => string | undefined,
  holds: readonly Hold[],
  change: HoldChange | undefined,
  now: number,
): Hold | undefined {
  const free = new Set(change?.places.map(keyOf));
  return activeHolds(holds, now).find((hold) => {
    const value = free.has(keyOf(hold)) ? undefined : newValue(hold);
    return value !== undefined && value !== hold.value;
  });
}

/**
 * The holds after a change at `now`, without those that have ended; the same list when it changes nothing. `values`
 * are those of the change's places, in their order.
 */
export function withChange(
  holds: readonly Hold[],
  change: HoldChange,
  values: readonly string[],
  now: number,
): readonly Hold[] {
  const keys = new Set(change.places.map(keyOf));
  const active = activeHolds(holds, now);
  const others = active.filter((hold) => !keys.has(keyOf(hold)));
  if (change.is === 'release') return others.length === active.length ? holds : others;
  const { by, why, until, app, delivery } = change;
  const added = change.places.map(({ file, path }, at): Hold => {
    const hold: Hold = {
      ...{ file, path, value: values[at] ?? '', by, why, since: new Date(now).toISOString() },
      ...{ until, app, delivery },
    };
    const before = active.find((one) => keyOf(one) === keyOf(hold));
    return before !== undefined && sameButSince(before, hold) ? before : hold;
  });
  return added.every((hold) => holds.includes(hold)) ? holds : [...others, ...added];
}

/** The file's bytes. */
export function writeHolds(holds: readonly Hold[]): Buffer {
  return Buffer.from(`${JSON.stringify({ version: 1, holds }, null, 2)}\n`);
}

function sameButSince(one: Hold, other: Hold): boolean {
  return JSON.stringify({ ...one, since: '' }, fields) === JSON.stringify({ ...other, since: '' }, fields);
}

const fields = ['file', 'path', 'value', 'by', 'why', 'until', 'app', 'delivery'];

/** A place by which two spellings of one path are the same. */
function keyOf({ file, path }: HeldPlace): string {
  try {
    return `${file}\n${formatPath(parsePath(path))}`;
  } catch (error) {
    // A path from a file of somebody else's: it then is only what it looks like.
    if (error instanceof TagboatError) return `${file}\n${path}`;
    throw error;
  }
}
