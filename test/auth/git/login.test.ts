import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isError } from '../../../src/errors.ts';
import { type ApiFault, json } from '../../../src/sandbox/api.ts';
import { handClock } from '../../support/world.ts';
import { authIn, type Cloud, callsOf, failureOf, startCloud } from '../cloud.ts';

const repo = 'https://github.com/acme/config.git';
const installedOn = ['acme/config', 'acme/other'];

/** The token inside a `Basic` header, and its username. */
function opened(credential: { authorization: { reveal(): string } } | undefined): [string, string] {
  const encoded = credential?.authorization.reveal().replace(/^Basic /, '') ?? '';
  const [user = '', token = ''] = Buffer.from(encoded, 'base64').toString().split(':');
  return [user, token];
}

/** A cloud with an App, and variables that make it the GitHub of github.com. */
async function withApp(
  options: { readonly installedOn?: string[]; readonly contents?: 'read' | 'write'; readonly suspended?: boolean } = {},
  fault?: ApiFault,
) {
  const { contents = 'write', suspended = false } = options;
  const app = { installedOn: options.installedOn ?? installedOn, permissions: { contents }, suspended };
  const cloud = await startCloud({ github: { app, ...(fault === undefined ? {} : { fault }) } });
  return { cloud, env: { ...cloud.github.appEnv, GITHUB_SERVER_URL: 'https://github.com' } };
}

describe('a token from the environment', () => {
  it('is sent as the password of Basic, and masked in both forms', async () => {
    const cloud = await startCloud();
    const auth = authIn(cloud, { TAGBOAT_TOKEN: ' ghp_abc\n' });
    const credential = await auth.git(repo);
    expect(opened(credential)).toEqual(['x-access-token', 'ghp_abc']);
    expect(credential?.label).toBe('TAGBOAT_TOKEN');
    expect(auth.world.masked).toEqual(
      expect.arrayContaining(['ghp_abc', Buffer.from('x-access-token:ghp_abc').toString('base64')]),
    );
  });

  it("goes to its own host alone when it is a host's", async () => {
    const cloud = await startCloud();
    const auth = authIn(cloud, { TAGBOAT_TOKEN_GITLAB_COM: 'glpat-1' });
    expect(opened(await auth.git('https://gitlab.com/acme/config'))).toEqual(['oauth2', 'glpat-1']);
    expect(await auth.git(repo)).toBeUndefined();
  });

  it('is not sent to a host that TAGBOAT_GIT_HOST leaves out', async () => {
    const { cloud, env } = await withApp();
    const auth = authIn(cloud, { ...env, TAGBOAT_TOKEN: 'ghp_abc', TAGBOAT_GIT_HOST: 'git.example' });
    expect(await auth.git(repo)).toBeUndefined();
    expect(callsOf(cloud)).toEqual({});
  });

  it('is not sent to a host that only the config names in a job of another server, which is told once', async () => {
    const { cloud, env } = await withApp();
    const auth = authIn(cloud, { ...env, TAGBOAT_TOKEN: 'ghp_abc', GITHUB_TOKEN: 'ghs_job' });
    for (const url of ['https://evil.example/acme/config', 'https://evil.example/acme/app-repo']) {
      expect(await auth.git(url)).toBeUndefined();
      expect(auth.readers(url, [url])).toEqual([undefined]);
    }
    expect(callsOf(cloud)).toEqual({});
    expect(auth.world.events).toMatchObject([{ type: 'notice', level: 'warning' }]);
    expect(opened(await auth.git(repo))[1]).toBe('ghp_abc');
  });

  it('is not sent over plain http, except on loopback', async () => {
    const cloud = await startCloud();
    const auth = authIn(cloud, { TAGBOAT_TOKEN: 'ghp_abc' });
    const error = await failureOf(auth.git('http://git.example:3000/acme/config'));
    expect(error).toMatchObject({ code: 'GIT_PLAIN_HTTP', exitCode: 2, data: { host: 'git.example:3000' } });
    for (const host of ['127.0.0.1:1', 'localhost', '[::1]:2']) {
      expect((await auth.git(`http://${host}/acme/config`))?.label).toBe('TAGBOAT_TOKEN');
    }
  });

  it('over plain http is sent with a warning, once, to a host that TAGBOAT_GIT_INSECURE names', async () => {
    const cloud = await startCloud();
    const auth = authIn(cloud, { TAGBOAT_TOKEN: 'ghp_abc', TAGBOAT_GIT_INSECURE: 'other, Git.Example:3000' });
    await auth.git('http://git.example:3000/acme/config');
    await auth.git('http://git.example:3000/acme/config');
    await auth.git('http://127.0.0.1:1/acme/config');
    const warnings = auth.world.events.filter((event) => event.type === 'notice' && event.level === 'warning');
    expect(warnings).toHaveLength(1);
    const elsewhere = await failureOf(auth.git('http://git.example/acme/config'));
    expect(elsewhere).toMatchObject({ code: 'GIT_PLAIN_HTTP' });
  });

  it('goes before an App, and an empty one counts as none', async () => {
    const { cloud, env } = await withApp();
    expect((await authIn(cloud, { ...env, TAGBOAT_TOKEN: 'ghp_abc' }).git(repo))?.label).toBe('TAGBOAT_TOKEN');
    expect((await authIn(cloud, { ...env, TAGBOAT_TOKEN: ' ' }).git(repo))?.label).toBe('GitHub App 98765');
  });
});

describe('what an app repo is read with', () => {
  const app = 'https://github.com/acme/app';
  const job = { GITHUB_TOKEN: 'ghs_1', GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'acme/app' };
  const labels = async (env: Record<string, string>, url: string, ...configRepos: string[]) => {
    const auth = authIn(await startCloud(), { GITHUB_TOKEN: undefined, ...env });
    return auth.readers(url, configRepos).map((one) => one?.label);
  };

  it("is the job's own token, then a token for its host, then nothing", async () => {
    expect(await labels({ ...job, TAGBOAT_TOKEN: 'ghp_1' }, app, repo)).toEqual([
      'GITHUB_TOKEN',
      'TAGBOAT_TOKEN',
      undefined,
    ]);
    expect(await labels({}, app, repo)).toEqual([undefined]);
    expect(await labels({ TAGBOAT_TOKEN: 'ghp_1' }, 'ssh://git@github.com/acme/app', repo)).toEqual([undefined]);
  });

  it("is never a config repo's token on another host, unless it is said to belong there", async () => {
    const elsewhere = 'https://git.example/acme/app';
    const token = { TAGBOAT_TOKEN: 'ghp_1' };
    expect(await labels({ ...job, ...token }, elsewhere, repo)).toEqual([undefined]);
    expect(await labels({ ...token, TAGBOAT_GIT_HOST: 'github.com,git.example' }, elsewhere, repo)).toEqual([
      'TAGBOAT_TOKEN',
      undefined,
    ]);
    expect(await labels({ TAGBOAT_TOKEN_GIT_EXAMPLE: 'x' }, elsewhere, repo)).toEqual([
      'TAGBOAT_TOKEN_GIT_EXAMPLE',
      undefined,
    ]);
  });

  it('is nothing over plain http', async () => {
    expect(await labels({ TAGBOAT_TOKEN: 'x' }, 'http://git.example/app', 'http://git.example/config')).toEqual([
      undefined,
    ]);
  });
});

describe('no token', () => {
  it.each([
    '/srv/config.git',
    'git@github.com:acme/config.git',
    'file:///srv/config.git',
    repo,
  ])('is nothing to send to %s', async (url) => {
    const cloud = await startCloud();
    expect(await authIn(cloud).git(url)).toBeUndefined();
  });

  it('is no reason to refuse plain http', async () => {
    const cloud = await startCloud();
    expect(await authIn(cloud).git('http://git.example/acme/config')).toBeUndefined();
  });

  it("leaves the job's own token for the job's own repository", async () => {
    const cloud = await startCloud();
    const auth = authIn(cloud, { GITHUB_TOKEN: 'ghs_job', GITHUB_SERVER_URL: 'https://github.com' });
    expect(opened(await auth.git('https://github.com/Acme/app-repo.git'))).toEqual(['x-access-token', 'ghs_job']);
    expect(await auth.git(repo)).toBeUndefined();
    expect(await auth.git('https://gitlab.com/acme/app-repo')).toBeUndefined();
  });
});

describe('a GitHub App', () => {
  it('makes no token for a host that is reached by plain http', async () => {
    const { cloud, env } = await withApp();
    const named = { TAGBOAT_GIT_HOST: 'github.example' };
    const error = await failureOf(authIn(cloud, { ...env, ...named }).git('http://github.example/acme/config'));
    expect(error).toMatchObject({ code: 'GIT_PLAIN_HTTP', data: { with: 'GitHub App 98765' } });
    expect(callsOf(cloud)).toEqual({});
  });

  it('gets a token for that repository alone, which may write its contents', async () => {
    const { cloud, env } = await withApp();
    const credential = await authIn(cloud, env).git(repo);
    const [user, token] = opened(credential);
    expect(user).toBe('x-access-token');
    expect(credential?.label).toBe('GitHub App 98765');
    expect(cloud.github.accepts(token, 'acme/config')).toBe(true);
    expect(cloud.github.accepts(token, 'acme/other')).toBe(false);
    const made = cloud.github.requests.find(({ method }) => method === 'POST');
    expect(JSON.parse(made?.body.toString() ?? '')).toEqual({
      repositories: ['config'],
      permissions: { contents: 'write' },
    });
  });

  it.each([
    ['PKCS#8', (pem: string) => pem],
    ['one line', (pem: string) => pem.trim().replaceAll('\n', '\\n')],
    ['CRLF line ends', (pem: string) => pem.replaceAll('\n', '\r\n')],
    ['base64', (pem: string) => Buffer.from(pem).toString('base64')],
  ])('takes its key as %s', async (form, write) => {
    const { cloud, env } = await withApp();
    const { createPrivateKey } = await import('node:crypto');
    const pkcs1 = cloud.github.app.privateKey;
    const key = form === 'PKCS#8' ? createPrivateKey(pkcs1).export({ type: 'pkcs8', format: 'pem' }).toString() : pkcs1;
    const credential = await authIn(cloud, { ...env, TAGBOAT_APP_PRIVATE_KEY: write(key) }).git(repo);
    expect(credential?.label).toBe('GitHub App 98765');
  });

  it('keeps a token for each repository, shared by callers and renewed before its end', async () => {
    const { cloud, env } = await withApp();
    const auth = authIn(cloud, env);
    const both = await Promise.all([auth.git(repo), auth.git('https://github.com/acme/Config')]);
    expect(both[0]).toBe(both[1]);
    const other = await auth.git('https://github.com/acme/other');
    expect(opened(other)[1]).not.toBe(opened(both[0])[1]);
    cloud.clock.advance(54 * 60_000);
    expect(await auth.git(repo)).toBe(both[0]);
    cloud.clock.advance(2 * 60_000);
    expect(opened(await auth.git(repo))[1]).not.toBe(opened(both[0])[1]);
  });

  it('on an enterprise server is asked for at the address of the repository', async () => {
    const { cloud, env } = await withApp();
    const hosts = { TAGBOAT_GIT_HOST: new URL(cloud.github.url).host };
    const auth = authIn(cloud, { ...env, GITHUB_SERVER_URL: undefined, GITHUB_API_URL: undefined, ...hosts });
    const [, token] = opened(await auth.git(`${cloud.github.url}/acme/config.git`));
    expect(cloud.github.accepts(token, 'acme/config')).toBe(true);
  });

  it('is not asked for at a server that the config repo alone names', async () => {
    const { cloud, env } = await withApp();
    const auth = authIn(cloud, { ...env, GITHUB_SERVER_URL: undefined, GITHUB_API_URL: undefined });
    expect(await auth.git(`${cloud.github.url}/acme/config.git`)).toBeUndefined();
    expect(callsOf(cloud)).toEqual({});
    expect(auth.world.events).toMatchObject([{ type: 'notice', level: 'warning' }]);
  });

  it('is not offered to a host that is not its GitHub', async () => {
    const { cloud, env } = await withApp();
    expect(await authIn(cloud, env).git('https://gitlab.com/acme/config')).toBeUndefined();
    expect(callsOf(cloud)).toEqual({});
  });

  it('on a machine whose clock is ahead signs again by the clock of GitHub', async () => {
    const { cloud, env } = await withApp();
    const auth = authIn(cloud, env, 'none', handClock(Date.now()));
    // GitHub is twenty minutes behind, so that the first JWT ends too late for it.
    cloud.clock.advance(-20 * 60_000);
    expect((await auth.git(repo))?.label).toBe('GitHub App 98765');
    expect(callsOf(cloud)['GET /repos/acme/config/installation']).toBe(2);
  });

  it('tries again after faults and rate limits', async () => {
    const answers = [
      json(502, {}),
      json(403, { message: 'limited' }, { 'retry-after': '3' }),
      json(403, { message: 'limited' }, { 'x-ratelimit-remaining': '0' }),
    ];
    const { cloud, env } = await withApp({}, ({ path }) => (path.startsWith('/api') ? answers.shift() : undefined));
    expect((await authIn(cloud, env).git(repo))?.label).toBe('GitHub App 98765');
    expect(cloud.clock.slept[1]).toBeGreaterThanOrEqual(3_000);
  });

  it.each([
    [60, undefined],
    [3_600, 'GITHUB_UNREACHABLE'],
  ])('waits for a new allowance that comes in %i s, or says when', async (seconds, code) => {
    const reset = (now: number) => String(Math.ceil(now / 1_000) + seconds);
    let cloud: Cloud | undefined;
    let limited = 0;
    const made = await withApp({}, ({ path }) => {
      if (!path.startsWith('/api') || (code === undefined && limited > 0)) return undefined;
      limited += 1;
      const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(cloud?.clock.now() ?? 0) };
      return json(403, { message: 'limited' }, headers);
    });
    cloud = made.cloud;
    const got = await authIn(cloud, made.env)
      .git(repo)
      .catch((error: unknown) => error);
    if (code === undefined) expect(cloud.clock.slept[0]).toBeGreaterThanOrEqual(59_000);
    else expect(got).toMatchObject({ code, peer: { waitSeconds: expect.any(Number) as number } });
    expect(limited).toBe(1);
  });
});

describe('a GitHub App that gets no token', () => {
  it.each(['TAGBOAT_APP_ID', 'TAGBOAT_APP_PRIVATE_KEY'])('misses %s', async (missing) => {
    const { cloud, env } = await withApp();
    const error = await failureOf(authIn(cloud, { ...env, [missing]: '' }).git(repo));
    expect(error).toMatchObject({ code: 'GITHUB_APP_INCOMPLETE', exitCode: 3, data: { missing } });
  });

  it.each([
    ['text', 'not a key'],
    ['a first line alone', '-----BEGIN RSA PRIVATE KEY-----'],
    [
      'a key of another kind',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ],
  ])('has %s for a key', async (_, key) => {
    const { cloud, env } = await withApp();
    const error = await failureOf(authIn(cloud, { ...env, TAGBOAT_APP_PRIVATE_KEY: key }).git(repo));
    expect(error).toMatchObject({ code: 'GITHUB_APP_KEY_INVALID', exitCode: 3 });
  });

  it("has another App's key", async () => {
    const { cloud, env } = await withApp();
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const error = await failureOf(authIn(cloud, { ...env, TAGBOAT_APP_PRIVATE_KEY: key }).git(repo));
    expect(error).toMatchObject({ code: 'GITHUB_APP_REFUSED', exitCode: 3, peer: { code: '401' } });
  });

  it('has an id that GitHub does not know: told apart from one that is not installed', async () => {
    const { cloud, env } = await withApp();
    const error = await failureOf(authIn(cloud, { ...env, TAGBOAT_APP_ID: '11111' }).git(repo));
    expect(error).toMatchObject({ code: 'GITHUB_APP_REFUSED', peer: { code: '404' } });
  });

  it('is not installed on the repository', async () => {
    const { cloud, env } = await withApp({ installedOn: ['acme/other'] });
    const error = await failureOf(authIn(cloud, env).git(repo));
    expect(error).toMatchObject({ code: 'GITHUB_APP_NOT_INSTALLED', exitCode: 3 });
    expect(isError(error) && error.hint).toContain('/installations/new');
  });

  it('may only read', async () => {
    const { cloud, env } = await withApp({ contents: 'read' });
    const error = await failureOf(authIn(cloud, env).git(repo));
    expect(error).toMatchObject({ code: 'GITHUB_APP_PERMISSION', data: { granted: 'read' } });
    expect(cloud.github.app.liveTokens()).toEqual([]);
  });

  it('is suspended', async () => {
    const { cloud, env } = await withApp({ suspended: true });
    const error = await failureOf(authIn(cloud, env).git(repo));
    expect(error).toMatchObject({ code: 'GITHUB_APP_REFUSED', peer: { code: '403' } });
  });

  it('looks for a repository that was renamed', async () => {
    const moved = json(301, { message: 'Moved Permanently' }, { location: '/repositories/1/installation' });
    const { cloud, env } = await withApp({}, ({ path }) => (path.endsWith('/installation') ? moved : undefined));
    expect(await failureOf(authIn(cloud, env).git(repo))).toMatchObject({ code: 'GITHUB_REPO_MOVED' });
  });

  it.each([
    ['HTML', { status: 200, body: '<html>', headers: { 'content-type': 'text/html' } }],
    ['nothing', { status: 200 }],
    ['an empty object', json(200, {})],
    ['no content', { status: 204 }],
    ['faults for ever', json(500, { message: 'boom' })],
  ])('gets %s for an answer', async (_, answer) => {
    const { cloud, env } = await withApp({}, ({ path }) => (path.startsWith('/api') ? answer : undefined));
    expect(await failureOf(authIn(cloud, env).git(repo))).toMatchObject({ exitCode: 3 });
  });

  it('finds nobody listening', async () => {
    const { cloud, env } = await withApp();
    await cloud.github.close();
    const error = await failureOf(authIn(cloud, env).git(repo));
    expect(error).toMatchObject({ code: 'GITHUB_UNREACHABLE', peer: { code: 'ECONNREFUSED' } });
  });
});

describe('the end of a run', () => {
  it('revokes every installation token, renewed ones too', async () => {
    const { cloud, env } = await withApp();
    const auth = authIn(cloud, env);
    await auth.git(repo);
    await auth.git('https://github.com/acme/other');
    cloud.clock.advance(56 * 60_000);
    await auth.git(repo);
    expect(cloud.github.app.liveTokens()).toHaveLength(3);
    await auth.end();
    expect(cloud.github.app.liveTokens()).toEqual([]);
    await auth.end();
    expect(callsOf(cloud)['DELETE /installation/token']).toBe(3);
  });

  it('revokes although the run was interrupted', async () => {
    const { cloud, env } = await withApp();
    const auth = authIn(cloud, env);
    await auth.git(repo);
    auth.world.abort(new Error('SIGINT'));
    await auth.end();
    expect(cloud.github.app.liveTokens()).toEqual([]);
  });

  it('waits for a token that is just being made, and revokes it', async () => {
    const { cloud, env } = await withApp();
    const auth = authIn(cloud, env);
    const pending = auth.git(repo);
    await auth.end();
    await pending;
    expect(cloud.github.app.liveTokens()).toEqual([]);
  });

  it('warns when a token cannot be revoked, and never throws', async () => {
    const { cloud, env } = await withApp({}, ({ method }) => (method === 'DELETE' ? json(500, {}) : undefined));
    const auth = authIn(cloud, env);
    await auth.git(repo);
    await auth.end();
    expect(auth.world.events.at(-1)).toMatchObject({ type: 'notice', level: 'warning', stage: 'auth' });
  });

  it('takes a token that is gone already for revoked', async () => {
    const { cloud, env } = await withApp({}, ({ method }) =>
      method === 'DELETE' ? json(401, { message: 'Bad credentials' }) : undefined,
    );
    const auth = authIn(cloud, env);
    await auth.git(repo);
    await auth.end();
    expect(auth.world.events.filter((event) => event.type === 'notice')).toEqual([]);
  });

  it('hands out nothing afterwards', async () => {
    const cloud = await startCloud();
    const auth = authIn(cloud, { TAGBOAT_TOKEN: 'ghp_abc' });
    await auth.end();
    await expect(auth.git(repo)).rejects.toThrow();
    await expect(auth.registry({ host: 'x', prefix: '', login: 'auto', insecure: false })).rejects.toThrow();
  });
});
