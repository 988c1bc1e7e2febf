import { join } from 'node:path';
import { openIntentRefs } from '../src/commit/queue/intent-refs.ts';
import { intentId } from '../src/commit/repo/layout.ts';
import { createWorld } from '../src/entry/run/world.ts';
import { startGitHost } from '../src/sandbox/git-host/git-host.ts';
import { openRemote } from '../src/wire/git/remote.ts';
import type { Folders } from './commit.ts';
import { chartsRepo, contend, type Lane, workers } from './contention.ts';
import type { ContentionFlow, WriterOrder } from './contention-flows.ts';
import { delayProxy } from './delay.ts';
import { baseRepo } from './fixture.ts';
import { github, noDepth } from './hosts.ts';
import { run } from './process.ts';
import type { QueueResults, QueueRow } from './results.ts';

const kinds = [
  { host: "git's defaults", headers: {}, config: {} },
  { host: "GitHub's rules", headers: github, config: noDepth },
];
const files = 10_000;
/** Killed writers whose intents the next run finds. */
const gone = 60;

/** Counts what many writers ask at once, and what one asks that comes after many that were killed. */
export async function measureQueue(
  flow: ContentionFlow,
  writers: number,
  folders: Folders,
): Promise<Pick<QueueResults, 'rows'>> {
  const charts = join(folders.temp, 'queue-charts.git');
  const base = await chartsRepo(await baseRepo(folders.cache, files), charts, Math.max(writers, gone + 1));
  const rows: QueueRow[] = [];
  for (const { host: title, headers, config } of kinds) {
    const dir = join(folders.temp, `queued-${rows.length}`);
    const host = await startGitHost({ env: process.env, dir, workers, headers });
    const hostPort = Number(new URL(host.url).port);
    const prepare: Lane['prepare'] = async (repo, url, killed) => {
      for (const [key, value] of Object.entries(config)) await run({ argv: ['git', '-C', repo, 'config', key, value] });
      const value = await run({ argv: ['git', '-C', repo, 'show', 'main:charts-000/values.yaml'] });
      await leave(url, killed, /^front:\n(?: .*\n)*? {2}imageTag: (.*)$/m.exec(value.stdout)?.[1]);
    };
    try {
      for (const roundTripMs of [0, 50]) {
        const proxy = roundTripMs > 0 ? await delayProxy(hostPort, roundTripMs) : undefined;
        const port = proxy?.port ?? hostPort;
        const lane = { base, host, port, temp: folders.temp, limitMs: 600_000, prepare };
        for (const crowd of [
          { writers, gone: 0 },
          { writers: 1, gone },
        ]) {
          const { run: ran, changes, pushes } = await contend(flow, lane, crowd.writers, crowd.gone);
          const seconds = ran.landed === crowd.writers ? (ran.seconds.at(-1) ?? Number.NaN) : Number.NaN;
          const counted = { branchPushes: ran.branchPushes, pushes, reads: ran.requests - pushes };
          rows.push({ host: title, roundTripMs, ...crowd, changes, seconds, ...counted });
        }
        await proxy?.close();
      }
    } finally {
      await host.close();
    }
  }
  return { rows };
}

/** Publishes what writers have published that were killed right after. */
async function leave(url: string, orders: readonly WriterOrder[], expects: string | undefined): Promise<void> {
  const silent = () => undefined;
  const { signal } = new AbortController();
  const world = createWorld({ env: {}, signal, mask: silent, notice: silent });
  const now = world.clock.now();
  const remote = openRemote(world, {
    url,
    authorization: undefined,
    idleMs: 30_000,
    deadline: now + 60_000,
    notice: silent,
  });
  const refs = openIntentRefs(remote, 'main', undefined);
  const bot = { name: 'Bench', email: 'bench@example.com' };
  for (const { file, path, value } of orders) {
    const id = intentId(world.clock.now(), world.random);
    const draft = refs.draft({
      ...{ id, branch: 'main', edits: [{ file, path, value, create: false, expects }], author: bot, committer: bot },
      ...{ message: `Update ${file}\n\nTagboat-Intent: ${id}\n`, publishedAt: now, expiresAt: now + 180_000 },
    });
    if (!(await draft?.publish(signal))) throw new Error('The host took no intent.');
  }
  world.close();
}
