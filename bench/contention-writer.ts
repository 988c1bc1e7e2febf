import { once } from 'node:events';
import { landDelivery } from '../src/commit/commit.ts';
import { loadApply } from '../src/commit/land/apply.ts';
import { lookAtBranch, startLanding } from '../src/commit/land/landing.ts';
import { type MadeCommit, pushCommit } from '../src/commit/land/push-commit.ts';
import { pushDirect } from '../src/commit/land/push-direct.ts';
import { openConfigRepo } from '../src/commit/repo/config-repo.ts';
import { planCommit } from '../src/config/plan/run.ts';
import { createWorld } from '../src/entry/run/world.ts';
import type { DeliveryPlan } from '../src/plan.ts';
import type { WriterOrder } from './contention-flows.ts';

// One writer of the contention case, in a process of its own: loads everything, says so, waits for the word on its
// standard input, lands, and prints when that was.

const budgetMs = 600_000;
const idleMs = 120_000;

const order = JSON.parse(process.argv[2] ?? '') as WriterOrder;
const world = createWorld({
  env: {},
  signal: new AbortController().signal,
  mask: () => undefined,
  notice: () => undefined,
});
const delivery = planCommit({
  repo: order.url,
  branch: 'main',
  edits: [{ file: order.file, path: order.path, value: order.value, create: false }],
  message: `Update ${order.file}`,
  author: undefined,
  source: undefined,
  actions: false,
  gitUser: { name: 'Bench', email: 'bench@example.com' },
});
await loadApply();
process.stdout.write('ready\n');
await once(process.stdin, 'data');
process.stdin.destroy();
const is = await (order.flow === 'bare' ? landBare(delivery) : landOurs(delivery));
process.stdout.write(`${is} ${Date.now()}\n`);
world.close();

/** The product. */
async function landOurs(plan: DeliveryPlan): Promise<string> {
  const outcome = await landDelivery(world, () => undefined, plan, undefined, { budgetMs, idleMs });
  return outcome.is;
}

/** The product's own reading and pushing, with nothing but a loop around: beaten, it is at once tried on the new tip. */
async function landBare(plan: DeliveryPlan): Promise<string> {
  const deadline = world.clock.now() + budgetMs;
  const notice = () => undefined;
  const repo = openConfigRepo(world, plan, { credential: undefined, idleMs, deadline, notice });
  const began = world.clock.now();
  const parts = { world, emit: notice, delivery: plan, repo, apply: loadApply(), lineage: undefined };
  const push = (made: MadeCommit) => pushCommit(world, repo, made);
  const landing = startLanding({ ...parts, push, began, deadline });
  try {
    for (let seen = await lookAtBranch(landing); ; ) {
      const tried = await pushDirect(landing, seen.tip, false);
      if (tried.is === 'landed') return tried.is;
      if (tried.is === 'ended') return tried.outcome.is;
      seen = tried.look;
    }
  } finally {
    await repo.close();
  }
}
