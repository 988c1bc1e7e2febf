import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { webhookSecret } from '../test/support/cluster/argocd-settings.ts';
import { type ClusterAccess, startCluster } from '../test/support/cluster/cluster.ts';
import { isSettled, observe } from '../test/support/cluster/observer.ts';
import { readyImages } from '../test/support/cluster/pods.ts';
import { programsIn } from '../test/support/cluster/programs.ts';
import { makeShop, type Shop, type ShopOptions } from '../test/support/cluster/shop.ts';
import { bareEnv } from './process.ts';
import type { VerdictResults, VerdictRun } from './results.ts';

export interface VerdictPlan {
  /** Folder of the cluster's programs. */
  readonly programs: string;
  readonly cli: string;
  readonly rounds: number;
  /** Rounds of those that wait for Argo CD's own poll, which takes minutes. */
  readonly pollRounds: number;
  readonly temp: string;
}

/** A way to find out whether a pushed commit is live. */
interface Way {
  readonly name: VerdictResults['ways'][number]['name'];
  readonly polls?: boolean;
  readonly shop?: ShopOptions;
  /** What is done once and not measured. */
  prepare?(shop: Shop): void;
  wait(shop: Shop, commit: string): Promise<void>;
}

/**
 * From a push to the word that it is live, on a real Argo CD whose pods take two seconds to be ready; each way in turn,
 * on an application of its own.
 */
export async function measureVerdicts(plan: VerdictPlan): Promise<Omit<VerdictResults, 'around'>> {
  const cluster = await startCluster(plan.programs);
  try {
    const ways = waysOn(cluster.access, plan);
    const runs = new Map<Way, VerdictRun[]>(ways.map((way) => [way, []]));
    const shops = new Map<Way, Shop>();
    for (const way of ways) {
      const shop = await openedShop(cluster.access, `shop-${ways.indexOf(way)}`, way.shop);
      way.prepare?.(shop);
      shops.set(way, shop);
    }
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const way of ways.filter(({ polls }) => polls !== true || round < plan.pollRounds)) {
        const shop = shops.get(way);
        if (shop !== undefined) runs.get(way)?.push(await once(shop, way, `r${round}`));
      }
    }
    return { ways: ways.map((way) => ({ name: way.name, runs: runs.get(way) ?? [] })) };
  } finally {
    await cluster.close();
  }
}

async function openedShop(cluster: ClusterAccess, name: string, options: ShopOptions = {}): Promise<Shop> {
  const shop = await makeShop(cluster, name, options);
  await shop.until(({ status }) => status?.health?.status === 'Healthy' && status.sync?.status === 'Synced');
  return shop;
}

async function once(shop: Shop, way: Way, tag: string): Promise<VerdictRun> {
  const observer = observe(shop);
  const commit = await shop.set({ tag, readyAfter: '2s' });
  const pushed = Date.now();
  await way.wait(shop, commit);
  const ended = Date.now();
  const right = await runs(shop, tag);
  const final = observer.since(isSettled(commit));
  observer.stop();
  // Whoever was too early would otherwise disturb its own next round.
  if (!right) await shop.application('normal');
  await shop.until((application) => isSettled(commit)(application) && application.status?.health?.status === 'Healthy');
  return { seconds: (ended - pushed) / 1_000, late: final === undefined ? null : (ended - final) / 1_000, right };
}

/** Whether all pods run the pushed tag and are ready. */
async function runs(shop: Shop, tag: string): Promise<boolean> {
  const images = await readyImages(shop);
  return images.length > 0 && images.every((image) => image.endsWith(`:${tag}`));
}

/** Argo CD's own command line, signed in as an admin at this API server. */
export function argocdCli(folder: string, { url, tokens }: Pick<ClusterAccess['argocd'], 'url' | 'tokens'>): ArgocdCli {
  const login = ['--server', url.replace('http://', ''), '--plaintext', '--auth-token', tokens.admin];
  const program = programsIn(folder).argocd;
  const argo = (args: readonly string[]) =>
    output([program, 'app', ...args, ...login], { ARGOCD_BINARY_NAME: 'argocd' });
  const wait = (name: string) => argo(['wait', name, '--sync', '--health', '--timeout', '600', '-o', 'json']);
  return {
    wait,
    waitForCommit: async (name, commit, look) => {
      for (;;) {
        await wait(name);
        const seen = JSON.parse(await argo(['get', name, ...look, '-o', 'json'])) as Seen;
        const { sync, health } = seen.status;
        if (sync.revision === commit && sync.status === 'Synced' && health.status === 'Healthy') return;
        await sleep(1_000);
      }
    },
  };
}

interface ArgocdCli {
  wait(application: string): Promise<string>;
  /** As pipelines do it: wait, look whether it is the commit, and else again. `look` is `--refresh` or nothing. */
  waitForCommit(application: string, commit: string, look: readonly string[]): Promise<void>;
}

function waysOn({ argocd }: ClusterAccess, plan: VerdictPlan): Way[] {
  const { wait: appWait, waitForCommit } = argocdCli(plan.programs, argocd);
  const loop = ({ name }: Shop, commit: string, look: readonly string[]) => waitForCommit(name, commit, look);
  const token = { ARGOCD_AUTH_TOKEN: argocd.tokens.deployer };
  const target = (shop: Shop, commit: string) => ['--repo', shop.repo, '--application', shop.name, '--commit', commit];
  const apps = new Map<string, string>();
  const tagboat = async (args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> => {
    await output([process.execPath, plan.cli, 'wait', ...args], { ...token, ...env });
  };
  const wait = (shop: Shop, commit: string) => tagboat([...target(shop, commit), '--server', argocd.url], {});
  return [
    { name: 'argocd app wait', wait: async ({ name }) => void (await appWait(name)) },
    { name: 'argocd app wait, looped', polls: true, wait: (shop, commit) => loop(shop, commit, []) },
    { name: 'argocd app wait, looped, with --refresh', wait: (shop, commit) => loop(shop, commit, ['--refresh']) },
    { name: 'tagboat wait', wait },
    { name: 'tagboat wait, pods without a probe', shop: { probe: false }, wait },
    {
      name: 'tagboat wait, by webhook',
      prepare: (shop) => void apps.set(shop.name, configured(shop, argocd.url, plan.temp)),
      wait: (shop, commit) =>
        tagboat(['--app', apps.get(shop.name) ?? '', '--commit', commit], { WEBHOOK: webhookSecret }),
    },
  ];
}

interface Seen {
  readonly status: {
    readonly sync: { readonly status: string; readonly revision?: string };
    readonly health: { readonly status: string };
  };
}

/** An app repo that names the secret of the webhook, which no option does. */
function configured(shop: Shop, server: string, temp: string): string {
  const dir = join(temp, shop.name);
  mkdirSync(dir, { recursive: true });
  const set = { 'main/values.yaml': { '.front.imageTag': '{tag}' } };
  const delivery = { from: '*', repo: shop.repo, set, application: shop.name };
  const config = { argocd: { server, webhookSecret: 'WEBHOOK' }, deliveries: { main: delivery } };
  writeFileSync(join(dir, 'tagboat.yaml'), JSON.stringify(config));
  const git = (...args: string[]) => execFileSync('git', ['-C', dir, ...args], { env: bareEnv(temp), stdio: 'pipe' });
  git('init', '--quiet', '--initial-branch=main');
  git('commit', '--quiet', '--allow-empty', '--message', 'The app');
  return dir;
}

/** What a program prints. Rejects with its words unless it ends with 0. */
function output(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const bare = { PATH: process.env.PATH, HOME: '/nonexistent', ...env };
    const child = spawn(program, args, { env: bare, stdio: ['ignore', 'pipe', 'pipe'] });
    let [said, wrong] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      wrong += text;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(said) : reject(new Error(`${args.slice(0, 3).join(' ')} ended with ${code}: ${wrong}`)),
    );
  });
}
