import { readHolds } from '../holds/holds.ts';
import type { Landing } from '../land/landing.ts';
import { sendPush } from '../land/push-commit.ts';
import type { BranchLook } from '../repo/config-repo.ts';
import { publishedAt } from '../repo/layout.ts';
import { chainOf, filesOfAll } from './chain.ts';
import { hasExpired } from './decisions.ts';
import type { IntentRefs } from './intent-refs.ts';
import { isLively } from './writer.ts';

/** A writer looks at its intent more often than this, and withdraws one whose value has moved. */
const unattendedMs = 15_000;
/** Intents removed by one run. */
const mostRemoved = 100;

/** Whether nobody need be waited for: all intents are old, of killed writers, and none can land on this tip. */
export async function isDeserted(landing: Landing, intentRefs: IntentRefs, seen: BranchLook): Promise<boolean> {
  const { world, repo } = landing;
  const now = world.clock.now();
  const lively = [...seen.intents.keys()].filter((id) => isLively(id, now));
  const newest = Math.max(...lively.map((id) => publishedAt(id) ?? 0));
  if (newest > now - unattendedMs) return false;
  const intents = await intentRefs.read(seen.intents);
  const snapshot = await repo.readPaths(seen.tip, filesOfAll(intents.values()));
  const { fates } = chainOf(snapshot, readHolds(snapshot, undefined), intents, await landing.apply, now, {
    may: () => true,
    committer: ({ committer }) => committer,
  });
  return [...fates.values()].every((fate) => fate !== 'land' && fate !== 'settled');
}

/** Removes what the last look showed of intents whose time is over: their writers are gone. Nothing depends on it. */
export async function removeExpired(landing: Landing, intentRefs: IntentRefs): Promise<void> {
  const { world, repo, intents } = landing;
  const now = world.clock.now();
  const old = new Map([...intents].filter(([id]) => !isLively(id, now)));
  if (old.size === 0 || world.signal.aborted) return;
  try {
    const read = await intentRefs.read(old);
    const expired = [...old].filter(([id]) => {
      const time = publishedAt(id) ?? 0;
      return hasExpired(read.get(id) ?? { expiresAt: Number.POSITIVE_INFINITY, publishedAt: time }, now);
    });
    const updates = expired.slice(0, mostRemoved).map(([id, oid]) => intentRefs.removal(id, oid));
    if (updates.length === 0 || (updates.length > 1 && !(await repo.remote.isAtomic()))) return;
    await sendPush(world, (signal) => repo.remote.push(updates, [], signal));
  } catch {
    // Another run comes by.
  }
}
