import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { holds } from '../../../../src/entry/commands/holds.ts';
import { queue } from '../../../../src/entry/commands/queue.ts';
import { history } from '../../../../src/entry/commands/see/history.ts';
import { status } from '../../../../src/entry/commands/see/status.ts';
import { where } from '../../../../src/entry/commands/see/where.ts';
import type { Body } from '../../../../src/entry/run/session.ts';
import type { Http } from '../../../../src/wire/http.ts';
import { git, gitHost, noHttpBackend, skipNote, tempDir } from '../../../support/git-host.ts';
import { here } from '../../../support/here.ts';
import { fastClock } from '../../../support/world.ts';

const common = { json: true, quiet: false, color: false, jobs: 1 };
const options = { format: 'table' } as const;
/** The mute host's silence is over so many times as fast as a command would bear it. */
const times = 200;

const commands: Readonly<Record<string, Body>> = {
  'where #12': where(common, '#12'),
  where: where(common, undefined),
  status: status(common, undefined),
  history: history(common, undefined, options),
  holds: holds(common, undefined, {}),
  queue: queue(common, undefined, {}),
};

/** A host that takes connections and never says a word. */
let mute = '';
beforeEach(async () => {
  const server = createServer((socket) => void socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  mute = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

/** An app repo at this remote that delivers to a config repo, with an application of an Argo CD and an image. */
async function appRepo(
  config: string,
  remote: string | undefined,
  peers: string | undefined,
  second = config,
): Promise<string> {
  const app = await tempDir();
  const application = peers === undefined ? '' : ', application: shop';
  const text = `${peers === undefined ? '' : `registry: ${peers}\nimages: { app: {} }\nargocd: { server: 'http://${peers}' }\n`}deliveries:
  staging: { from: main, repo: '${config}', set: { staging.yaml: { .tag: '{commit}' } }${application} }
  production: { after: staging, repo: '${second}', set: { production.yaml: { .tag: '{commit}' } }${application} }
`;
  await git(app, 'init', '--quiet', '--initial-branch=main');
  if (remote !== undefined) await git(app, 'remote', 'add', 'origin', remote);
  await writeFile(join(app, 'tagboat.yaml'), text);
  await git(app, 'add', '--all');
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];
  await git(app, ...who, 'commit', '--quiet', '--message', 'Open the shop');
  return app;
}

/** Runs it, and counts for how long it would have borne silence: milliseconds, one peer after the other. */
async function look(name: string, cwd: string) {
  let silentMs = 0;
  const patient =
    (http: Http): Http =>
    (request) => {
      const { idleMs = 60_000 } = request;
      if (new URL(request.url).host !== mute) return http(request);
      const end = silentMs + idleMs;
      return http({ ...request, idleMs: idleMs / times }).catch((error: unknown) => {
        // Those that were asked together were borne together.
        silentMs = Math.max(silentMs, end);
        throw error;
      });
    };
  const body = commands[name] ?? (() => Promise.reject(new Error(name)));
  const env = { ARGOCD_AUTH_TOKEN: 'reader' };
  const done = await here(body, { cwd, env, world: (own) => ({ http: patient(own.http), clock: fastClock(1) }) });
  return { ...done, silentMs };
}

describe(`a look at a host that is mute`, () => {
  it.each(Object.keys(commands))('ends soon and says whom it could not ask: %s, of the config repo', async (name) => {
    const app = await appRepo(`http://${mute}/config.git`, undefined, undefined);
    const { errors, value, silentMs } = await look(name, app);
    expect(silentMs).toBeGreaterThan(0);
    expect(silentMs).toBeLessThanOrEqual(10_000);
    // What is asked about isn't known then either.
    const wanted = name === 'where #12' ? 'USAGE' : 'GIT_TIMEOUT';
    expect(errors.map(({ code }) => code)).toEqual([wanted]);
    if (name === 'history') expect(value).toMatchObject({ whole: false });
    if (wanted === 'GIT_TIMEOUT') expect(errors[0]?.message).toContain(`${mute}/config.git`);
  });

  describe.skipIf(noHttpBackend !== undefined)(`beside a config repo that answers${skipNote}`, () => {
    const configRepo = async () => {
      const host = await gitHost();
      const tag = (value: string) => `tag: ${value}\n`;
      const files = { 'staging.yaml': tag('1'.repeat(40)), 'production.yaml': tag('2'.repeat(40)) };
      return host.createRepo('config', { files });
    };

    it.each([
      'where',
      'status',
      'history',
      'holds',
      'queue',
    ])('ends soon and tells the half that it knows as that: %s, of another config repo', async (name) => {
      const app = await appRepo(await configRepo(), undefined, undefined, `http://${mute}/config.git`);
      const { errors, value, silentMs } = await look(name, app);
      expect(silentMs).toBeLessThanOrEqual(10_000);
      expect(errors.map(({ code }) => code)).toEqual(['GIT_TIMEOUT']);
      if (name === 'where') {
        const wanted = [{ delivery: 'staging' }, { delivery: 'production', is: 'unknown' }];
        expect(value).toMatchObject({ deliveries: wanted });
      }
      if (name === 'status') expect(value).toMatchObject({ rows: [{ delivery: 'staging' }] });
      if (name === 'history') expect(value).toMatchObject({ whole: false });
      if (name === 'holds' || name === 'queue')
        expect(Object.values(value as object)).toMatchObject([[{ branch: 'main' }]]);
    });

    it.each(Object.keys(commands))('ends soon: %s, of the app repo', async (name) => {
      const app = await appRepo(await configRepo(), `http://${mute}/app.git`, undefined);
      const { errors, value, silentMs } = await look(name, app);
      expect(silentMs).toBeLessThanOrEqual(10_000);
      if (name === 'where #12') {
        expect(errors).toMatchObject([{ code: 'GIT_TIMEOUT', message: expect.stringContaining(`${mute}/app.git`) }]);
      } else expect(errors).toEqual([]);
      if (name === 'where' || name === 'status') {
        expect(silentMs).toBeGreaterThan(0);
        expect(JSON.stringify(value)).toContain(`http://${mute}/app.git gives no answer`);
      }
    });

    it.each(Object.keys(commands))('ends soon: %s, of Argo CD and the registry', async (name) => {
      const app = await appRepo(await configRepo(), undefined, mute);
      const { errors, value, silentMs } = await look(name, app);
      expect(silentMs).toBeLessThanOrEqual(15_000);
      expect(errors.map(({ code }) => code)).toEqual(name === 'where #12' ? ['USAGE'] : []);
      if (name === 'where') expect(JSON.stringify(value)).toMatch(/"is":"unknown","why":"[^"]*silent/);
      if (name === 'status') expect(JSON.stringify(value)).toMatch(/"notAsked":"[^"]*silent/);
    });
  });
});
