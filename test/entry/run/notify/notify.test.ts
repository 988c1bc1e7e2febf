import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { commit } from '../../../../src/entry/commands/commit.ts';
import { hold } from '../../../../src/entry/commands/hold.ts';
import { promote } from '../../../../src/entry/commands/promote/promote.ts';
import { rollback } from '../../../../src/entry/commands/rollback.ts';
import { wait } from '../../../../src/entry/commands/wait.ts';
import type { Body } from '../../../../src/entry/run/session.ts';
import type { Env } from '../../../../src/wire/world.ts';
import { cli, resultOf } from '../../../support/cli.ts';
import { git, gitHost, noHttpBackend, tempDir } from '../../../support/git-host.ts';
import { type HereResult, here } from '../../../support/here.ts';
import { type Hooks, hooksOnLoopback } from '../../../support/hooks.ts';

const settings = { json: true, quiet: false, color: false, jobs: 1 };
const bare = { branch: 'main', set: [], create: false };
const variable = (name: string): string => `$\{${name}}`;

interface Shop {
  readonly app: string;
  readonly commitApp: (subject: string) => Promise<string>;
  readonly run: (body?: Body, env?: Env, command?: string) => Promise<HereResult>;
}

/** A shop with a config repo and these hooks. */
async function shop(notify: string, { env = {}, more = '' }: { env?: Env; more?: string } = {}): Promise<Shop> {
  const host = await gitHost();
  const values = { 'dev.yaml': 'tag: a\n', 'production.yaml': 'tag: a\n' };
  const repo = await host.createRepo('config', { files: values });
  const app = await tempDir();
  const deliveries = ['dev', 'production'].map(
    (name) =>
      `  ${name}:\n    from: ${name === 'dev' ? 'main' : 'release'}\n    repo: ${repo}\n    set:\n      ${name}.yaml: { .tag: "{commit}" }\n`,
  );
  await writeFile(join(app, 'tagboat.yaml'), `deliveries:\n${deliveries.join('')}${more}notify:\n${notify}`);
  await git(app, 'init', '--quiet', '--initial-branch=main');
  await git(app, 'add', '.');
  const commitApp = async (subject: string): Promise<string> => {
    const who = ['-c', 'user.name=Ada <!here>', '-c', 'user.email=ada@example.test'];
    await git(app, ...who, 'commit', '--quiet', '--allow-empty', '-m', subject);
    return (await git(app, 'rev-parse', 'HEAD')).trim();
  };
  await commitApp('Open the shop');
  const run: Shop['run'] = (body = commit(settings, bare), more_ = {}, command = 'commit') =>
    here(body, { command, cwd: app, env: { ...env, ...more_ } });
  return { app, commitApp, run };
}

const noticesOf = ({ events }: HereResult) =>
  events.flatMap((event) => (event.type === 'notice' && event.level === 'warning' ? [event] : []));

function bodyOf(hooks: Hooks, at = 0): { id: string; type: string; timestamp: string; data: Record<string, unknown> } {
  return JSON.parse(hooks.requests[at]?.body ?? 'null');
}

const hostile =
  '<!channel> @everyone @channel <@U012AB3CD> <https://evil.example|bank> [x](https://evil.example) **b** `c` &amp; ' +
  '\u202egnp.exe \u001b[31m # h | ~town-square @here </at> {commit} ';

it.skipIf(noHttpBackend)('each service takes the message by its own rules, whatever others wrote in it', async () => {
  const hooks = await hooksOnLoopback();
  const all = ['slack', 'teams', 'discord', 'mattermost'];
  const { commitApp, run } = await shop(
    all.map((name) => `  - { url: "${variable(`${name.toUpperCase()}_HOOK`)}", as: ${name} }\n`).join(''),
    {
      env: Object.fromEntries(all.map((name) => [`${name.toUpperCase()}_HOOK`, `${hooks.url}/${name}/secret-${name}`])),
    },
  );
  await commitApp(hostile + 'x'.repeat(5_000));
  const done = await run();
  expect({ exitCode: done.exitCode, warnings: noticesOf(done) }).toEqual({ exitCode: 0, warnings: [] });
  expect(hooks.requests.map(({ path, faults }) => [path.split('/')[1], faults]).sort()).toEqual(
    all.map((name) => [name, []]).sort(),
  );
  const told = (name: string) => hooks.requests.find(({ path }) => path.startsWith(`/${name}/`))?.body ?? '';
  const slack = JSON.parse(told('slack'));
  expect(slack.blocks[0].text.text).toMatch(/^✅ dev has [0-9a-f]{12} /);
  expect(slack.text).not.toMatch(/<(?!https:)/);
  for (const name of all) {
    // Teams has no mention without an entity beside the text.
    if (name !== 'teams') expect(told(name), name).not.toMatch(/@(?:everyone|channel|here)/);
    for (const control of ['\u202e', '\u001b']) expect(told(name), name).not.toContain(control);
    expect(told(name).length, name).toBeLessThan(3_000);
  }
  expect(JSON.parse(told('discord')).allowed_mentions).toEqual({ parse: [] });
  expect(JSON.parse(told('discord')).embeds[0].description).toContain('\\[x\\]\\(https');
  expect(JSON.parse(told('mattermost')).attachments[0].text).toContain('\\[x\\]');
});

it.skipIf(noHttpBackend)(
  'plain JSON is signed by Standard Webhooks and has one id for all its tries and runs',
  async () => {
    const hooks = await hooksOnLoopback((_, nth) =>
      nth === 1 ? { status: 429, headers: { 'retry-after': '2' } } : nth === 2 ? { status: 503 } : undefined,
    );
    const secret = `whsec_${Buffer.from('a key of twenty-four b..').toString('base64')}`;
    const { run, app } = await shop(`  - { url: "${variable('HOOK')}", secret: HOOK_KEY, on: [landed, unchanged] }\n`, {
      env: { HOOK: `${hooks.url}/json/x`, HOOK_KEY: secret, GITHUB_RUN_ID: '17' },
    });
    expect((await run()).exitCode).toBe(0);
    expect(hooks.requests).toHaveLength(3);
    for (const { body, headers } of hooks.requests) {
      const own = headers as Record<string, string>;
      // The clock of the run jumps over its waits: what is checked is the signature, which covers the time.
      const at = Number(own['webhook-timestamp']);
      expect(Math.abs(at - Date.now() / 1_000)).toBeLessThan(240);
      expect(new Webhook(secret).verify(body, own)).toMatchObject({ type: 'tagboat.delivery.landed' });
      expect(own['idempotency-key']).toBe(own['webhook-id']);
      expect(JSON.parse(body).id).toBe(own['webhook-id']);
    }
    expect(new Set(hooks.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    const { data } = bodyOf(hooks);
    expect(data).toMatchObject({
      ...{ delivery: 'dev', outcome: 'landed', failed: false, command: 'commit' },
      source: { commit: (await git(app, 'rev-parse', 'HEAD')).trim(), subject: 'Open the shop', branch: 'main' },
      changes: [{ file: 'dev.yaml', path: '.tag', before: 'a' }],
    });
    // The same job started again finds all as it is to be, and says so: another end, another id, each time the same.
    await run();
    await run();
    const again = hooks.requests.slice(3).map(({ headers }) => headers['idempotency-key']);
    expect(new Set(again).size).toBe(1);
    expect(again).toHaveLength(2);
    expect(again[0]).not.toBe(bodyOf(hooks).id);
  },
);

it.skipIf(noHttpBackend)(
  'who goes back by hand is told as rolled back, and a promotion is told of its commit alone',
  async () => {
    const hooks = await hooksOnLoopback();
    const { app, commitApp, run } = await shop(`  - url: "${variable('HOOK')}"\n`, {
      env: { HOOK: `${hooks.url}/json/x` },
    });
    await run();
    const promoted = (await git(app, 'rev-parse', 'HEAD')).trim();
    await commitApp('Sell bread');
    await run(promote(settings, ['dev', 'production'], {}), {}, 'promote');
    await run();
    await run(rollback(settings, 'dev', { to: 'previous' }), {}, 'rollback');
    // A hold delivers nothing.
    expect((await run(hold(settings, 'production', { why: 'a sale' }), {}, 'hold')).exitCode).toBe(0);
    expect(hooks.requests.map((_, at) => bodyOf(hooks, at).type)).toEqual([
      'tagboat.delivery.landed',
      'tagboat.delivery.landed',
      'tagboat.delivery.landed',
      'tagboat.delivery.rolledBack',
    ]);
    expect(bodyOf(hooks, 1).data).toMatchObject({ delivery: 'production', source: { commit: promoted } });
    expect(JSON.stringify(bodyOf(hooks, 1))).not.toContain('Sell bread');
  },
);

it.skipIf(noHttpBackend)('a hook that fails fails no delivery, is told once, and its address nowhere', async () => {
  const address = 'planted-hook-path-0123456789abcdef';
  const hooks = await hooksOnLoopback(({ path }) => ({
    status: path.includes('gone') ? 404 : 500,
    body: `no such hook: ${path}`,
  }));
  const { app } = await shop(
    ['GONE', 'BROKEN', 'AWAY', 'UNSET', 'CLEAR', 'NOTHING'].map((name) => `  - url: "${variable(name)}"\n`).join(''),
  );
  const done = await cli(['commit', '--json', '--verbose'], {
    cwd: app,
    env: {
      GONE: `${hooks.url}/gone/${address}`,
      BROKEN: `${hooks.url}/json/${address}?token=planted-hook-query-0123456789`,
      AWAY: `https://127.0.0.1:9/${address}`,
      CLEAR: `http://hooks.example/${address}`,
      NOTHING: address,
    },
  });
  expect(done.code).toBe(0);
  const told = done.events.flatMap((event) =>
    event.type === 'notice' && event.code === 'HOOK_NOT_TOLD' ? [event] : [],
  );
  expect(told.map(({ data }) => data.variable).sort()).toEqual(['AWAY', 'BROKEN', 'CLEAR', 'GONE', 'NOTHING', 'UNSET']);
  expect(told.find(({ data }) => data.variable === 'GONE')?.message).toMatch(
    /^GONE wasn't told of dev: .* answered 404: no such hook: \*+/,
  );
  expect(told.find(({ data }) => data.variable === 'UNSET')?.message).toBe(
    "UNSET wasn't told of dev: it is not set here.",
  );
  const said = done.stdout + done.stderr;
  expect(said).not.toContain('planted-hook');
  expect(done.stderr).toContain('POST http://127.0.0.1');
});

it.skipIf(noHttpBackend)('what keeps a delivery from its end is told with its error', async () => {
  const hooks = await hooksOnLoopback();
  const { run } = await shop(`  - { url: "${variable('HOOK')}", deliveries: [dev], on: [failed] }\n`, {
    env: { HOOK: `${hooks.url}/json/x` },
    more: 'argocd: { server: "http://127.0.0.1:9" }\n',
  });
  // Nobody listens there.
  const done = await run(
    wait(settings, { application: ['front'], sync: false, branch: 'main', timeout: '1s' }),
    { ARGOCD_AUTH_TOKEN: 'planted-argocd-token' },
    'wait',
  );
  expect(done.exitCode).not.toBe(0);
  expect(hooks.requests.map((_, at) => bodyOf(hooks, at).data)).toMatchObject([
    { delivery: 'dev', outcome: 'failed', failed: true, error: { code: done.errors[0]?.code } },
  ]);
});

it.skipIf(noHttpBackend)(
  'a hook that never answers holds the run for no longer than it may, also when it is stopped',
  async () => {
    let kill: (signal: NodeJS.Signals) => void = () => undefined;
    const hooks = await hooksOnLoopback(() => {
      kill('SIGTERM');
      return { status: 200, hangs: true };
    });
    const { app } = await shop(`  - url: "${variable('HOOK')}"\n`);
    const done = await cli(['commit', '--json'], {
      cwd: app,
      env: { HOOK: `${hooks.url}/json/x` },
      onStart: (end) => {
        kill = end;
      },
    });
    expect(done.events.filter((event) => event.type === 'notice' && event.code === 'HOOK_NOT_TOLD')).toHaveLength(1);
    expect(done.events.at(-1)).toMatchObject({ type: 'result', value: { changed: true } });
  },
);

it.skipIf(noHttpBackend)('what fails before there is a plan is told of the deliveries that were meant', async () => {
  const hooks = await hooksOnLoopback();
  const env = { HOOK: `${hooks.url}/json/x` };
  const { app } = await shop(`  - { url: "${variable('HOOK')}" }\n`, { env });
  const told = () =>
    hooks.requests.map((_, at) => {
      const { delivery, outcome, command, error } = bodyOf(hooks, at).data as Record<string, unknown> & {
        readonly error: { readonly code: string };
      };
      return [command, delivery, outcome, error.code];
    });
  const text = await readFile(join(app, 'tagboat.yaml'), 'utf8');
  await writeFile(join(app, 'tagboat.yaml'), text.replaceAll('config.git', 'gone.git'));
  const failed = await cli(['promote', 'dev', 'production', '--json'], { cwd: app, env });
  expect(failed.code).not.toBe(0);
  expect(told()).toEqual([['promote', 'production', 'failed', resultOf(failed).errors[0]?.code]]);
  // What is of no delivery, such as a slip on the command line, is nobody's.
  expect((await cli(['promote', 'dev', 'prodution'], { cwd: app, env })).code).toBe(2);
  expect(told()).toHaveLength(1);
  await writeFile(join(app, 'tagboat.yaml'), text.replace('.tag: "{commit}"', '.tag: "{gitTag}"'));
  const unplanned = await cli(['commit', '--json'], { cwd: app, env });
  expect(told().slice(1)).toEqual([['commit', 'dev', 'failed', resultOf(unplanned).errors[0]?.code]]);
});
