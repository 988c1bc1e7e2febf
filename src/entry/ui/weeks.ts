import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../wire/world.ts';
import { commit } from '../commands/commit.ts';
import { unhold } from '../commands/hold.ts';
import { promote } from '../commands/promote.ts';
import { rollback } from '../commands/rollback.ts';
import { initAppRepo, writeFiles } from '../demo/app.ts';
import { inside } from '../demo/run.ts';
import type { DemoWorld } from '../demo/world.ts';
import type { CommonOptions } from '../run/options.ts';
import type { Body, Session } from '../run/session.ts';
import { ui } from './ui.ts';

const environments = ['dev', 'staging', 'production'] as const;
const people = ['Ada Byron', 'Grace Murray', 'Edsger Wybe', 'Barbara Jane'];
const changes = [
  ...['Open the shop', 'Sort the shelves by price', 'Remember the basket', 'Show what is sold out', 'Greet by name'],
  ...['Round prices up at the end', 'Keep the search while paging', 'Ask before emptying the basket', 'Fewer fonts'],
  ...['Send receipts once', 'Cache the front page', 'Say why a card was declined', 'Let guests check out'],
  ...['Take the time zone of the shop', 'Load pictures when seen', 'Fix the total of empty baskets', 'Log less'],
  ...['Find words without accents', 'Show the delivery day', 'Retry the payment once', 'Larger buttons on phones'],
];
const template = `apiVersion: v1
kind: ConfigMap
metadata: { name: shop }
data: { web: "{{ .Values.web.tag }}", api: "{{ .Values.api.tag }}" }
`;
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
/** Between two deliveries while the dashboard is up: there is something to watch. */
const liveMs = 20_000;

interface Weeks {
  readonly session: Session;
  readonly demo: DemoWorld;
  readonly dir: string;
  readonly common: CommonOptions;
}

/**
 * Some weeks of another shop's deliveries, made by the commands themselves on a clock that is set back, and the dashboard
 * on them until it is stopped; a new delivery lands now and then.
 */
export async function showWeeks({ session, demo, dir, common }: Weeks): Promise<void> {
  const { signal, clock } = session.world;
  const app = join(dir, 'shop');
  await mkdir(app);
  const git = async (at: number, author: string, ...args: string[]): Promise<void> => {
    const date = `@${Math.floor(at / 1_000)} +0000`;
    const who = ['-c', `user.name=${author}`, '-c', `user.email=${author.split(' ')[0]?.toLowerCase()}@example.com`];
    const env = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    const done = await demo.world.exec({ program: 'git', args: ['-C', app, ...who, ...args], env, signal });
    if (done.code !== 0) throw new Error(`git ${args[0]} ended with ${done.code}: ${done.stderr.trim()}`);
  };
  const files = environments.flatMap((one) => [
    [`${one}/Chart.yaml`, 'apiVersion: v2\nname: shop\nversion: 0.1.0\n'],
    [`${one}/values.yaml`, `# The shop in ${one}.\nweb:\n  tag: none\napi:\n  tag: none\n`],
    [`${one}/templates/shop.yaml`, template],
  ]);
  const repo = await demo.gitHost.createRepo('fleet', { files: Object.fromEntries(files), message: 'Three shops' });
  demo.gitHost.setAccess('fleet', { tokens: { [demo.token]: 'write' }, anonymous: 'read' });
  await writeFiles(app, { 'tagboat.yaml': configOf(repo), 'watched.yaml': configOf(repo, demo.argocd.url) });
  await initAppRepo(demo.world, app);
  /** A command at a time, by somebody. It is scenery: what goes wrong in it ends nothing. */
  const at = async (time: number, by: string, body: Body): Promise<void> => {
    signal.throwIfAborted();
    const shifted: Clock = { ...clock, now: () => time };
    await git(time, by, 'config', 'user.name', by);
    await git(time, by, 'config', 'user.email', `${by.split(' ')[0]?.toLowerCase()}@example.com`);
    const env = { ...demo.world.env, GITHUB_ACTIONS: undefined, GITHUB_ACTOR: undefined };
    const world = { ...demo.world, env, clock: shifted };
    const own = {
      ...inside(session, demo),
      cwd: app,
      emit: () => undefined,
      say: () => undefined,
      print: () => undefined,
    };
    await body({ ...own, world, started: () => undefined });
  };
  const own = { ...common, app, config: undefined, ref: 'refs/heads/main' };
  const deliver = async (time: number, change: number): Promise<void> => {
    const by = people[(change * 7) % people.length] ?? '';
    await git(time, by, 'add', '--all');
    await git(time, by, 'commit', '--quiet', '--allow-empty', '--message', changes[change % changes.length] ?? '');
    await at(time + (3 + ((change * 5) % 9)) * minute, by, commit(own, { branch: 'main', set: [], create: false }));
  };
  session.say((colors) => colors.dim('\nMaking three weeks of another shop’s deliveries, for the dashboard to show …'));
  const begin = Math.floor(clock.now() / day) * day - 21 * day;
  let change = 0;
  for (let one = 0; one <= 20; one += 1) {
    const morning = begin + one * day + 8 * hour;
    if ([0, 6].includes(new Date(morning).getUTCDay())) continue;
    const many = 1 + ((one * 5) % 3);
    for (let nth = 0; nth < many; nth += 1) await deliver(morning + nth * 97 * minute + one * 3 * minute, change++);
    await at(morning + 6 * hour, 'Grace Murray', promote(own, 'dev', 'staging', {}));
    if (one % 2 === 0)
      await at(morning + 8 * hour + 11 * minute, 'Ada Byron', promote(own, 'staging', 'production', {}));
    if (one === 8 || one === 16) {
      const why = one === 8 ? 'checkout answers 500' : 'the basket is empty after login';
      await at(morning + 9 * hour, 'Edsger Wybe', rollback(own, 'production', { to: 'previous', why }));
      await at(morning + 25 * hour, 'Edsger Wybe', unhold(own, 'production', { why: 'mended' }));
    }
  }
  const apps = environments.map((one) =>
    demo.argocd.add({ name: `shop-${one}`, sources: [{ repoURL: repo, path: one, targetRevision: 'main' }] }),
  );
  const seen = () => Promise.all(apps.map((one) => one.refresh()));
  await seen();
  const live = async (): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep(liveMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await deliver(clock.now() - 12 * minute, change++).catch(() => undefined);
      await seen();
    }
  };
  const shown = ui({ ...own, config: join(app, 'watched.yaml') }, { open: true });
  await Promise.all([shown({ ...inside(session, demo, 'ui'), cwd: app }), live()]);
}

function configOf(repo: string, argocd?: string): string {
  const deliveries = environments.map((one, nth) => {
    const from = ['main', 'release', 'production'][nth];
    const application = argocd === undefined ? '' : `, application: shop-${one}`;
    const set = `{ ${one}/values.yaml: { .web.tag: "{shortCommit}", .api.tag: "{shortCommit}" } }`;
    return `  ${one}: { from: ${from}, repo: "${repo}", set: ${set}${application} }\n`;
  });
  const watched = argocd === undefined ? '' : `argocd: { server: "${argocd}", auth: oidc }\n`;
  return `${watched}deliveries:\n${deliveries.join('')}`;
}
