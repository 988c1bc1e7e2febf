/** The four measures of DORA, of what a history tells. Pure: the commands, the dashboard's page and its export count by it. */

/** As much of an entry of a history as the measures need. Times are ISO 8601. */
export interface FlowEntry {
  readonly is: 'delivered' | 'promoted' | 'rolledBack' | 'held' | 'released' | 'byHand' | 'other';
  readonly repo: string;
  readonly branch: string;
  readonly delivery?: string | undefined;
  readonly commit: string;
  readonly landedAt: string;
  readonly leadSeconds?: number | undefined;
  readonly healthySeconds?: number | undefined;
}

/** Seconds, as a distribution: the smallest that is no smaller than so many hundredths of all (nearest rank). */
interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p75: number;
  readonly p95: number;
  /** All of them, from the least. */
  readonly all: readonly number[];
}

export interface Flow {
  /** The days that were counted, the last one of now. */
  readonly days: number;
  /** Deliveries and promotions, and how many a day. */
  readonly changes: number;
  readonly perDay: number;
  /** From the app repo's commit to the config repo's, and on to healthy where that is known. */
  readonly lead: Spread | undefined;
  /** Changes that a rollback undid, and their share of all. */
  readonly failed: number;
  readonly failedShare: number;
  /** From the landing of a change that failed to that of the rollback. */
  readonly restore: Spread | undefined;
  /** Each day, the oldest first. */
  readonly byDay: readonly { readonly day: string; readonly changes: number; readonly failed: number }[];
}

const dayMs = 86_400_000;

/** The measures over the days up to `now`, by UTC. `entries` are the newest first, each branch in its own order. */
export function measureFlow(entries: readonly FlowEntry[], now: number, days: number): Flow {
  const first = Math.floor(now / dayMs) - days + 1;
  const isWithin = ({ landedAt }: FlowEntry): boolean => {
    const day = Math.floor(Date.parse(landedAt) / dayMs);
    return day >= first && day < first + days;
  };
  const undone = undoings(entries);
  const changes = entries.filter((one) => isChange(one) && isWithin(one));
  const failed = changes.filter((one) => undone.has(one));
  const counted = new Map<string, { changes: number; failed: number }>();
  for (let day = first; day < first + days; day++) counted.set(dayOf(day * dayMs), { changes: 0, failed: 0 });
  for (const one of changes) {
    const day = counted.get(dayOf(Date.parse(one.landedAt)));
    if (day === undefined) continue;
    day.changes++;
    if (undone.has(one)) day.failed++;
  }
  const leads = changes.flatMap(({ leadSeconds, healthySeconds = 0 }) =>
    leadSeconds === undefined ? [] : [leadSeconds + healthySeconds],
  );
  const restores = failed.flatMap((one) => {
    const seconds = (Date.parse(undone.get(one)?.landedAt ?? '') - Date.parse(one.landedAt)) / 1_000;
    return seconds >= 0 ? [Math.round(seconds)] : [];
  });
  return {
    ...{ days, changes: changes.length, perDay: changes.length / days, lead: spreadOf(leads) },
    ...{ failed: failed.length, failedShare: changes.length === 0 ? 0 : failed.length / changes.length },
    restore: spreadOf(restores),
    byDay: [...counted].map(([day, counts]) => ({ day, ...counts })),
  };
}

function isChange({ is }: FlowEntry): boolean {
  return is === 'delivered' || is === 'promoted';
}

/** Each change that failed, with the rollback that undid it: the newest one before it in its environment, once. */
function undoings(entries: readonly FlowEntry[]): ReadonlyMap<FlowEntry, FlowEntry> {
  const open = new Map<string, FlowEntry[]>();
  const undone = new Map<FlowEntry, FlowEntry>();
  for (const one of entries.toReversed()) {
    const place = JSON.stringify([one.repo, one.branch, one.delivery]);
    const before = open.get(place) ?? [];
    open.set(place, before);
    if (isChange(one)) before.push(one);
    const newest = one.is === 'rolledBack' ? before.pop() : undefined;
    if (newest !== undefined) undone.set(newest, one);
  }
  return undone;
}

function spreadOf(seconds: readonly number[]): Spread | undefined {
  if (seconds.length === 0) return undefined;
  const all = seconds.toSorted((a, b) => a - b);
  const at = (share: number): number => all[Math.max(0, Math.ceil(share * all.length) - 1)] ?? 0;
  return { count: all.length, p50: at(0.5), p75: at(0.75), p95: at(0.95), all };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
