import { type Reach, short } from './reach.ts';
import type { QueueResults, QueueRow } from './results.ts';
import { table } from './table.ts';

/** What was to be reached with many writers, and after many that were killed. */
export function queueReaches({ rows }: QueueResults): Reach[] {
  const at = ({ host, roundTripMs }: QueueRow) => `${host}, ${roundTripMs} ms`;
  return rows.flatMap((row): Reach[] => {
    if (row.gone > 0) {
      const what = `${at(row)}: after ${row.gone} killed writers the next run lands in`;
      return [{ what, figure: row.seconds, is: 'at most', limit: 5, unit: ' s' }];
    }
    if (row.writers !== 64) return [];
    const of = (what: string, figure: number, limit: number, bound: number): Reach => ({
      ...{ what: `${at(row)}: ${row.writers} writers, ${what}`, figure, is: 'at most', limit, unit: '', bound },
    });
    // Nobody else knows a writer's value, so each pushes once; whoever lands them may have pushed its own with that.
    // And each asks for the tip, its folders, its file, the tip again and the commits below it.
    return [of('pushes of all refs', row.pushes, 40, row.writers), of('reads', row.reads, 260, 5 * row.writers)];
  });
}

export function queueTable({ rows }: Pick<QueueResults, 'rows'>): string {
  const heading = ['Host', 'Round trip', 'Writers', 'Killed before', 'Changes landed', 'Last landing, s'];
  const lines = rows.map((row) => [
    ...[row.host, `${row.roundTripMs} ms`, String(row.writers), String(row.gone), String(row.changes)],
    ...[short(row.seconds), String(row.branchPushes), String(row.pushes), String(row.reads)],
  ]);
  return table([[...heading, 'Pushes to the branch', 'Pushes of all refs', 'Reads'], ...lines]);
}

export const queueWords = `The same writers on the same repository, counted whole: every push to whatever ref, refused ones
too, and every other request. GitHub's rules are those that are publicly seen of it. Where writers were killed before, each of them
had published its change and not landed it a moment ago, as if their machines had gone; one writer comes then, and lands theirs with its own.

Fewer pushes than writers there can't be: what a writer is to set, nobody else knows, and it can tell the host by a push alone. Fewer
reads than five for each that waits there can't be either where a host takes version 2 of git's protocol without \`ref-in-want\`, as
GitHub does: the tip, the folders, the file, then the tip again and what lies below it, since a ref that is gone is no proof that its
change has landed.`;
