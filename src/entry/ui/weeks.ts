import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Emit } from '../../events.ts';
import type { Exec } from '../../wire/exec.ts';
import type { Clock, Env } from '../../wire/world.ts';
import { commit } from '../commands/commit.ts';
import type { Story } from '../commands/demo.ts';
import { unhold } from '../commands/hold.ts';
import { promote } from '../commands/promote/promote.ts';
import { rollback } from '../commands/rollback.ts';
import { ship } from '../commands/ship.ts';
import { initAppRepo, writeFiles } from '../demo/app.ts';
import { demoAws, inside } from '../demo/run.ts';
import type { DemoWorld } from '../demo/world.ts';
import { type Body, runStarted } from '../run/session.ts';
import { keepRuns } from './runs.ts';
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
const services = ['web', 'api'] as const;
/** The images of the weeks before were never made: where nothing is built any more, tags are kept in a ConfigMap alone. */
const kept = `apiVersion: v1
kind: ConfigMap
metadata: { name: shop }
data: { web: "{{ .Values.web.tag }}", api: "{{ .Values.api.tag }}" }
`;
const deployments = (host: string): string =>
  services
    .map(
      (one) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${one} }
spec:
  template: { spec: { containers: [{ name: ${one}, image: "${host}/shop-${one}:{{ .Values.${one}.tag }}" }] } }
`,
    )
    .join('---\n');
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
/** Between two deliveries while the dashboard is up: there is something to watch. */
const liveMs = 20_000;

/**
 * Some weeks of another shop's deliveries, made by the commands themselves on a clock that is set back, and the dashboard
 * on them until it is stopped; a new delivery lands now and then.
 */
export async function showWeeks({ session, demo, dir, common }: Omit<Story, 'options'>): Promise<void> {
  const { signal, clock } = session.world;
  const app = join(dir, 'shop');
  await mkdir(app);
  /** Git's settings of one of them, for a child. */
  const as = (name: string): Env => ({
    GIT_CONFIG_COUNT: '2',
    ...{ GIT_CONFIG_KEY_0: 'user.name', GIT_CONFIG_VALUE_0: name },
    ...{ GIT_CONFIG_KEY_1: 'user.email', GIT_CONFIG_VALUE_1: `${name.split(' ')[0]?.toLowerCase()}@example.com` },
  });
  const git = async (at: number, author: string, ...args: string[]): Promise<void> => {
    const date = `@${Math.floor(at / 1_000)} +0000`;
    const env = { ...as(author), GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    const done = await demo.world.exec({ program: 'git', args: ['-C', app, ...args], env, signal });
    if (done.code !== 0) throw new Error(`git ${args[0]} ended with ${done.code}: ${done.stderr.trim()}`);
  };
  const files = environments.flatMap((one) => [
    [`${one}/Chart.yaml`, 'apiVersion: v2\nname: shop\nversion: 0.1.0\n'],
    [`${one}/values.yaml`, `# The shop in ${one}.\nweb:\n  tag: none\napi:\n  tag: none\n`],
    [`${one}/templates/shop.yaml`, one === 'dev' ? deployments(demo.registry.host) : kept],
  ]);
  const repo = await demo.gitHost.createRepo('fleet', { files: Object.fromEntries(files), message: 'Three shops' });
  demo.gitHost.setAccess('fleet', { tokens: { [demo.token]: 'write' }, anonymous: 'read' });
  const images = Object.fromEntries(services.map((one) => [`${one}/Dockerfile`, `FROM scratch\nCOPY ${one}/ /srv/\n`]));
  const [plain, watched] = [configOf(repo), `${servers(demo)}${configOf(repo, demo.argocd.url)}`];
  await writeFiles(app, { ...images, 'tagboat.yaml': plain, 'watched.yaml': watched });
  await initAppRepo(demo.world, app);
  /** A command at a time, by somebody. It is scenery: what goes wrong in it ends nothing. */
  const runs = keepRuns(session.clean);
  const at = async (time: number | undefined, by: string, body: Body, emit: Emit = () => undefined): Promise<void> => {
    signal.throwIfAborted();
    const began = clock.now();
    const shifted: Clock = time === undefined ? clock : { sleep: clock.sleep, now: () => time };
    const env = { ...demo.world.env, GITHUB_ACTIONS: undefined, GITHUB_ACTOR: undefined };
    const exec: Exec = (command) => demo.world.exec({ ...command, env: { ...command.env, ...as(by) } });
    const world = { ...demo.world, env, exec, clock: shifted };
    const own = {
      ...inside(session, demo),
      cwd: app,
      emit,
      say: () => undefined,
      print: () => undefined,
    };
    const ending = await body({ ...own, world, started: (source) => emit(runStarted('ship', source)) });
    const { value, errors = [], exitCode = errors[0]?.exitCode ?? 0 } = ending;
    const seconds = Math.round(clock.now() - began) / 1_000;
    emit({ type: 'result', command: 'ship', exitCode, seconds, errors, value });
  };
  const own = { ...common, app, config: undefined, ref: 'refs/heads/main' };
  const change = async (time: number, nth: number): Promise<string> => {
    const by = people[(nth * 7) % people.length] ?? '';
    // Each is of one service alone, so that the other's image is known again.
    const service = services[nth % services.length];
    await writeFiles(app, { [`${service}/index.html`]: `<h1>${changes[nth % changes.length]}, ${nth}</h1>\n` });
    await git(time, by, 'add', '--all');
    await git(time, by, 'commit', '--quiet', '--allow-empty', '--message', changes[nth % changes.length] ?? '');
    return by;
  };
  const deliver = async (time: number, nth: number): Promise<void> => {
    const by = await change(time, nth);
    await at(time + (3 + ((nth * 5) % 9)) * minute, by, commit(own, { branch: 'main', set: [], create: false }));
  };
  session.say((colors) => colors.dim('\nMaking three weeks of another shop’s deliveries, for the dashboard to show …'));
  const begin = Math.floor(clock.now() / day) * day - 21 * day;
  let nth = 0;
  for (let one = 0; one <= 20; one += 1) {
    const morning = begin + one * day + 8 * hour;
    if ([0, 6].includes(new Date(morning).getUTCDay())) continue;
    const many = 1 + ((one * 5) % 3);
    for (let of = 0; of < many; of += 1) await deliver(morning + of * 97 * minute + one * 3 * minute, nth++);
    await at(morning + 6 * hour, 'Grace Murray', promote(own, ['dev', 'staging'], {}));
    if (one % 2 === 0)
      await at(morning + 8 * hour + 11 * minute, 'Ada Byron', promote(own, ['staging', 'production'], {}));
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
  const config = join(app, 'watched.yaml');
  const tell: Emit = (happening) =>
    runs.tell({ ...happening, at: new Date(clock.now()).toISOString() }, 'the demo, a delivery every 20 seconds');
  const deliverNow = async (): Promise<void> => {
    const now = clock.now();
    const by = await change(now - 12 * minute, nth++).catch(() => 'Ada Byron');
    await at(undefined, by, ship({ ...own, config, delivery: ['dev'] }), tell).catch(() => undefined);
  };
  const live = async (): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep(liveMs, signal).catch(() => undefined);
      if (!signal.aborted) await deliverNow();
    }
  };
  // Of the weeks' images none was made: with the first of its own, what is shown is healthy.
  await deliverNow();
  const shown = ui({ ...own, config }, { open: true, runs, allowWrites: true });
  await Promise.all([shown({ ...inside(session, demo, 'ui'), cwd: app }), live()]);
}

/** Where images go, and the way in. */
function servers(demo: DemoWorld): string {
  const images = services.map(
    (one) => `${one}: { repository: shop-${one}, dockerfile: ${one}/Dockerfile, tag: "{shortCommit}" }`,
  );
  const { role, region, sessionSeconds } = demoAws;
  return `registry: { host: "${demo.registry.host}", login: ecr, insecure: true }
aws: { role: "${role}", region: ${region}, sessionSeconds: ${sessionSeconds} }
images: { ${images.join(', ')} }
`;
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
