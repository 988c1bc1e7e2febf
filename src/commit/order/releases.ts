import type { CommitOutcome } from '../../plan/outcome.ts';
import { compareReleases } from '../../plan/release.ts';
import type { DeliveryPlan } from '../../plan.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import { type Rewriting, valuesFound } from '../edit/rewrite.ts';
import type { Lineage } from './lineage.ts';
import { openWriters, type ReadRepo } from './trailers.ts';

/**
 * What keeps a release from being delivered by `order: semver`: `superseded` when a value to be replaced is of a higher
 * one. A value names its release in the place where the new one names ours; else the commit that set it says so. One of
 * which nothing tells a release is replaced, and a person is told.
 */
export async function guardReleases(
  {
    delivery,
    repo,
    lineage,
  }: {
    readonly delivery: DeliveryPlan;
    readonly repo: ReadRepo;
    readonly lineage: Lineage | undefined;
  },
  ours: string,
  tip: ObjectId,
  rewriting: Rewriting,
): Promise<Extract<CommitOutcome, { is: 'superseded' }> | undefined> {
  const found = valuesFound(rewriting, delivery.edits);
  const writerOf = openWriters(repo, tip);
  for (const [at, { file, path, value: next }] of delivery.edits.entries()) {
    const value = found[at];
    if (value === undefined || value === next) continue;
    const named = releaseNamed(next, ours, value);
    const theirs = named ?? (await writerOf({ file, path, value }))?.gitTag;
    const difference = theirs === undefined ? undefined : compareReleases(theirs, ours);
    if (theirs === undefined || difference === undefined) {
      const message = `Nothing says which release ${path} in ${file} is of: it is replaced whatever it was.`;
      lineage?.tell('info', message, { code: 'VALUE_OF_NO_COMMIT', data: { file, path } });
    } else if (difference > 0) {
      const { name, repo, branch } = delivery;
      const why = `${path} in ${file} is of ${theirs}, a higher release than ${ours}`;
      return { is: 'superseded', delivery: name, repo, branch, by: theirs, why };
    }
  }
  return undefined;
}

/** What stands in a value where the new one has our release; with its `v` or without, as the new one has it. */
export function releaseNamed(next: string, ours: string, value: string): string | undefined {
  const name = [ours, ours.replace(/^v/i, '')].find((one) => next.includes(one));
  if (name === undefined) return undefined;
  const [before, after] = [next.slice(0, next.indexOf(name)), next.slice(next.indexOf(name) + name.length)];
  // A digest is another with each image.
  const [text, end] = after.startsWith('@') ? [value.replace(/@.*$/s, ''), ''] : [value, after];
  const release = text.slice(before.length, text.length - end.length);
  const fits = text.startsWith(before) && text.endsWith(end) && text.length > before.length + end.length;
  return fits && compareReleases(release, ours) !== undefined ? release : undefined;
}
