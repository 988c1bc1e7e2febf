import { ifReadable, TagboatError } from '../../errors.ts';
import type { HeldPlace, Hold, HoldChange } from '../../plan/holds.ts';
import type { CommitOutcome } from '../../plan/outcome.ts';
import type { DeliveryPlan } from '../../plan.ts';
import type { Snapshot } from '../../wire/git/snapshot.ts';
import { loadRewrite, type Rewriting } from '../edit/rewrite.ts';
import { brokenBy, readHolds, rewriteHolds, withChange } from '../holds/holds.ts';
import { holdsFile } from '../repo/layout.ts';

/** What one delivery makes of a snapshot: its edits and its change to the holds, as one. */
export interface AppliedDelivery {
  /** The holds' file among its files, where it changes. */
  readonly rewriting: Rewriting;
  /** The holds as they then are. */
  readonly holds: readonly Hold[];
  /** The change to the holds, with the values that are held. */
  readonly change: HoldChange | undefined;
  /** The hold that keeps this from being made. */
  readonly broken: Hold | undefined;
  /** A place that was to be held at one value has another by now. */
  readonly moved: boolean;
}

/** Makes a delivery's files from a snapshot and its holds. Pure. Throws what editing a file throws. */
export type ApplyDelivery = (
  snapshot: Snapshot,
  holds: readonly Hold[],
  about: Pick<DeliveryPlan, 'edits' | 'holds' | 'writes'>,
  now: number,
) => AppliedDelivery;

/** `loadRewrite`, and the holds with it; what writes whole files too where a delivery of the run does. */
export async function loadApply(writes = false): Promise<ApplyDelivery> {
  const [rewrite, { unifiedDiff }, { readValue }] = await Promise.all([
    loadRewrite(writes),
    import('../edit/diff.ts'),
    import('../edit/edit.ts'),
  ]);
  /** Where a hold's place is gone, or never was, nothing is kept. */
  const valueIn = (file: string, bytes: Uint8Array, path: string): string | undefined =>
    ifReadable(() => readValue(file, bytes, path));
  /** By what becomes of the place, not by how its path is spelt: two configs may name one value in two ways. */
  const newValues =
    (snapshot: Snapshot, { files }: Rewriting) =>
    ({ file, path }: HeldPlace): string | undefined => {
      const after = files.find((one) => one.file === file);
      const before = snapshot.files.get(file);
      if (after === undefined || before?.is !== 'file') return undefined;
      const value = after.bytes && valueIn(file, after.bytes, path);
      return value === valueIn(file, before.blob.content, path) ? undefined : (value ?? '');
    };
  return (snapshot, holds, { edits, holds: change, writes: wholes }, now) => {
    const asked = change?.is === 'hold' ? change.places : [];
    const rewriting = rewrite(snapshot, edits, asked, wholes);
    const broken = brokenBy(newValues(snapshot, rewriting), holds, change, now);
    const moved = asked.some(({ value }, at) => value !== undefined && value !== rewriting.values[at]);
    const after = change === undefined ? holds : withChange(holds, change, rewriting.values, now);
    const settled = { holds: after, change: withValues(change, rewriting.values), broken, moved };
    if (after === holds && (change?.is !== 'repair' || isReadable(snapshot))) return { rewriting, ...settled };
    const written = rewriteHolds(snapshot, after);
    const files = [...rewriting.files, { file: holdsFile, bytes: written.after }];
    const diff = rewriting.diff + unifiedDiff(holdsFile, written.before, written.after);
    return { rewriting: { ...rewriting, files, diff }, ...settled };
  };
}

function isReadable(snapshot: Snapshot): boolean {
  try {
    readHolds(snapshot, undefined);
    return true;
  } catch (error) {
    if (error instanceof TagboatError) return false;
    throw error;
  }
}

/** How a delivery ends that a hold keeps from being made. */
export function heldOutcome(
  { by, why, until }: Hold,
  { name, repo, branch }: DeliveryPlan,
): Extract<CommitOutcome, { is: 'held' }> {
  return { is: 'held', delivery: name, repo, branch, by, why, until };
}

function withValues(change: HoldChange | undefined, values: readonly string[]): HoldChange | undefined {
  if (change?.is !== 'hold') return change;
  return { ...change, places: change.places.map((place, at) => ({ ...place, value: values[at] })) };
}
