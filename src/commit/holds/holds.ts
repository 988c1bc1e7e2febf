import { TagboatError } from '../../errors.ts';
import type { HeldPlace, Hold, HoldChange } from '../../plan/holds.ts';
import { placeKey } from '../../plan/path.ts';
import type { Snapshot } from '../../wire/git/snapshot.ts';
import { holdsFile } from '../repo/layout.ts';
import { fitText, holdLimits, holdsFault, parseHoldsFile } from './schema.ts';

const kinds = { folder: 'folder', symlink: 'symbolic link', submodule: 'submodule', fileOnTheWay: 'file' } as const;

/** The holds in the file's bytes. Throws HOLDS_INVALID. */
export function parseHolds(file: string, bytes: Uint8Array): readonly Hold[] {
  const { holds, fault } = parseHoldsFile(bytes);
  if (fault !== undefined) throw new TagboatError('HOLDS_INVALID', { file, why: `${fault}.` }, { place: { file } });
  return holds;
}

/**
 * The holds at a commit, which must have been read for `holdsFile`; none where there can't be such a file. Throws
 * HOLDS_INVALID: holds that can't be read are not no holds. For a change that repairs them, those that are sound.
 */
export function readHolds(snapshot: Snapshot, change: HoldChange | undefined): readonly Hold[] {
  const found = snapshot.files.get(holdsFile);
  if (found === undefined) throw new RangeError(`${holdsFile} wasn't asked for`);
  if (found.is === 'missing') return [];
  // Somebody's own file or submodule in the folder's place: no holds can have been there.
  if (found.is === 'fileOnTheWay' || (found.is === 'submodule' && found.at !== holdsFile)) return [];
  const repairing = change?.is === 'repair';
  if (found.is === 'file') {
    const { content } = found.blob;
    return repairing ? parseHoldsFile(content).holds : parseHolds(holdsFile, content);
  }
  if (found.is === 'tooLarge' && repairing) return [];
  const why = found.is === 'tooLarge' ? `it has ${found.size} bytes.` : `${found.at} is a ${kinds[found.is]}.`;
  throw new TagboatError('HOLDS_INVALID', { file: holdsFile, why });
}

/** What the holds' file of a commit becomes. Throws HOLDS_UNWRITABLE where no such file can be. */
export function rewriteHolds(snapshot: Snapshot, holds: readonly Hold[]): { before: Uint8Array; after: Uint8Array } {
  const found = snapshot.files.get(holdsFile);
  if (found?.is !== 'file' && found?.is !== 'missing' && found?.is !== 'tooLarge') {
    const why = found === undefined || !('at' in found) ? 'it is no file' : `${found.at} is a ${kinds[found.is]}`;
    throw new TagboatError('HOLDS_UNWRITABLE', { file: holdsFile, why });
  }
  return { before: found.is === 'file' ? found.blob.content : Buffer.alloc(0), after: writeHolds(holds) };
}

/** Holds that haven't ended. */
export function activeHolds(holds: readonly Hold[], now: number): Hold[] {
  return holds.filter(({ until }) => until === undefined || Date.parse(until) > now);
}

/** The active holds of these places, however their paths are spelt. */
export function holdsAt(holds: readonly Hold[], places: readonly HeldPlace[], now: number): Hold[] {
  const keys = new Set(places.map(placeKey));
  return activeHolds(holds, now).filter((hold) => keys.has(placeKey(hold)));
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
  const free = new Set(change?.places.map(placeKey));
  return activeHolds(holds, now).find((hold) => {
    const value = free.has(placeKey(hold)) ? undefined : newValue(hold);
    return value !== undefined && value !== hold.value;
  });
}

/** The holds after a change at `now`, without ended ones; the same list when nothing changes. `values` in its order. */
export function withChange(
  holds: readonly Hold[],
  change: HoldChange,
  values: readonly string[],
  now: number,
): readonly Hold[] {
  const keys = new Set(change.places.map(placeKey));
  const active = activeHolds(holds, now);
  const others = active.filter((hold) => !keys.has(placeKey(hold)));
  if (change.is === 'repair') return holds;
  if (change.is === 'release') return others.length === active.length ? holds : others;
  const { until } = change;
  // Others' words are as long as they like: Argo CD's messages, a branch's name.
  const [by, why] = [fitText(change.by), fitText(change.why)];
  const [app, delivery] = [change.app && fitText(change.app), change.delivery && fitText(change.delivery)];
  const added = change.places.map(({ file, path }, at): Hold => {
    const hold: Hold = {
      ...{ file, path, value: values[at] ?? '', by, why, since: new Date(now).toISOString() },
      ...{ until, app, delivery },
    };
    const before = active.find((one) => placeKey(one) === placeKey(hold));
    return before !== undefined && sameButSince(before, hold) ? before : hold;
  });
  return added.every((hold) => holds.includes(hold)) ? holds : [...others, ...added];
}

/** The file's bytes, which every reader takes. Throws HOLDS_UNWRITABLE. */
export function writeHolds(holds: readonly Hold[]): Buffer {
  const bytes = Buffer.from(`${JSON.stringify({ version: 1, holds }, null, 2)}\n`);
  const large = bytes.byteLength > holdLimits.bytes ? `it would be larger than ${holdLimits.bytes} bytes` : undefined;
  const why = holdsFault(holds) ?? large ?? parseHoldsFile(bytes).fault;
  if (why !== undefined) throw new TagboatError('HOLDS_UNWRITABLE', { file: holdsFile, why });
  return bytes;
}

/** Two files of holds say the same, but for when each was made. Throws HOLDS_INVALID. */
export function sameHolds(one: Uint8Array, other: Uint8Array): boolean {
  const [ours, theirs] = [parseHolds(holdsFile, one), parseHolds(holdsFile, other)];
  return ours.length === theirs.length && ours.every((hold, at) => sameButSince(hold, theirs[at] ?? hold));
}

function sameButSince(one: Hold, other: Hold): boolean {
  return JSON.stringify({ ...one, since: '' }, fields) === JSON.stringify({ ...other, since: '' }, fields);
}

const fields = ['file', 'path', 'value', 'by', 'why', 'until', 'app', 'delivery'];
