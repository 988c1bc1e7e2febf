/** Where Tagboat keeps things of its own in a config repo. Pure. */

/** The file of a branch's holds. */
export const holdsFile = '.tagboat/holds.json';

/** The list of files in which writers without the queue's key may land each other's values. */
export const queueListFile = '.tagboat/queue.json';

/** Where a branch's intents live: refs of their own, so that publishing never conflicts with anything. */
export function intentPrefix(branch: string): string {
  return `refs/tagboat/intents/${branch}/`;
}

/** Where it is kept which commits of the app repo found their values on a branch already. */
export function confirmedPrefix(branch: string): string {
  return `refs/tagboat/confirmed/${branch}/`;
}

/** An id that sorts by time: 13 digits of milliseconds, then 12 hex digits that make it one writer's own. */
export function intentId(now: number, random: () => number): string {
  const own = Array.from({ length: 12 }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${String(now).padStart(13, '0')}-${own}`;
}

/** When an intent was published, from its id alone; undefined where that is no id of ours. */
export function publishedAt(id: string): number | undefined {
  return /^\d{13}-[0-9a-f]{12}$/.test(id) ? Number(id.slice(0, 13)) : undefined;
}
