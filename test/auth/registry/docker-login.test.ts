import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Auth, createAuth } from '../../../src/auth/auth.ts';
import { isError, TagboatError } from '../../../src/errors.ts';
import { type HandClock, handClock, type TestWorld, testWorld } from '../../support/world.ts';
import { failureOf, registryAt } from '../cloud.ts';

const b64 = (text: string) => Buffer.from(text).toString('base64');

/** A home with this config.json and these helpers (shell scripts by name), and the auth stage in it. */
async function atHome(
  config: unknown,
  helpers: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Auth & { readonly world: TestWorld; readonly clock: HandClock; readonly home: string }> {
  const home = await mkdtemp(join(tmpdir(), 'tagboat-auth-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await mkdir(join(home, '.docker'));
  if (config !== undefined) {
    await writeFile(join(home, '.docker', 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  }
  for (const [name, script] of Object.entries(helpers)) {
    const file = join(home, `docker-credential-${name}`);
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }
  const clock = handClock();
  const world = testWorld({ clock, env: { HOME: home, PATH: `${home}:${process.env.PATH}`, ...env } });
  return { ...createAuth(world, world.emit), world, clock, home };
}

/** A helper that writes down what it is asked and answers. */
const answering = (secret: string) =>
  `echo "$1 $(cat)" >> "$HOME/asked"; echo '{"ServerURL":"x","Username":"bob","Secret":"${secret}"}'`;

async function asked(home: string): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  return (await readFile(join(home, 'asked'), 'utf8')).trim().split('\n');
}

describe('a login from the config file', () => {
  const auths = { 'r.example': { auth: b64('bob:hunter22') } };

  it('is used and masked in every form', async () => {
    const auth = await atHome({ auths });
    const credential = await auth.registry(registryAt('r.example', 'docker'));
    expect(credential?.username).toBe('bob');
    expect(credential?.password.reveal()).toBe('hunter22');
    expect(auth.world.masked).toEqual(expect.arrayContaining(['hunter22', b64('hunter22'), b64('bob:hunter22')]));
  });

  it('is found by auto as well', async () => {
    expect(await (await atHome({ auths })).registry(registryAt('r.example'))).toMatchObject({ username: 'bob' });
  });

  it('DOCKER_CONFIG names another folder', async () => {
    const { home } = await atHome({ auths });
    const other = await atHome(undefined, {}, { DOCKER_CONFIG: join(home, '.docker') });
    expect(await other.registry(registryAt('r.example'))).toMatchObject({ username: 'bob' });
  });
});

describe('no login', () => {
  it.each([
    ['no file', undefined],
    ['no entry', { auths: {} }],
  ])('with %s is anonymous on auto, and an error when Docker was asked for', async (_, config) => {
    const auth = await atHome(config);
    expect(await auth.registry(registryAt('127.0.0.1:5000'))).toBeUndefined();
    expect(await failureOf(auth.registry(registryAt('127.0.0.1:5000', 'docker')))).toMatchObject({
      code: 'DOCKER_LOGIN_MISSING',
      exitCode: 3,
    });
  });

  it('with neither HOME nor DOCKER_CONFIG is anonymous on auto', async () => {
    const world = testWorld({ env: {} });
    const auth = createAuth(world, world.emit);
    expect(await auth.registry(registryAt('r.example'))).toBeUndefined();
  });

  it('anonymous asks nobody', async () => {
    expect(await (await atHome('{ broken')).registry(registryAt('r.example', 'anonymous'))).toBeUndefined();
  });
});

describe('a credential helper', () => {
  it('gets the host on stdin and nothing in its arguments', async () => {
    const auth = await atHome({ credHelpers: { 'r.example': 'test' } }, { test: answering('hunter22') });
    const credential = await auth.registry(registryAt('r.example', 'docker'));
    expect(credential?.password.reveal()).toBe('hunter22');
    expect(await asked(auth.home)).toEqual(['get r.example']);
    expect(auth.world.masked).toContain('hunter22');
  });

  it('is asked for Docker Hub by the URL that Docker uses', async () => {
    const auth = await atHome({ credsStore: 'test' }, { test: answering('hunter22') });
    await auth.registry(registryAt('docker.io', 'docker'));
    expect(await asked(auth.home)).toEqual(['get https://index.docker.io/v1/']);
  });

  it('is asked once by callers at the same time, and again when its token may have ended', async () => {
    const auth = await atHome({ credsStore: 'test' }, { test: answering('hunter22') });
    await Promise.all([1, 2, 3].map(() => auth.registry(registryAt('r.example'))));
    expect(await asked(auth.home)).toHaveLength(1);
    auth.clock.advance(10 * 60_000);
    await auth.registry(registryAt('r.example'));
    expect(await asked(auth.home)).toHaveLength(2);
  });

  it('without a login for the host leaves the word to the file, then to nobody', async () => {
    const none = { test: "cat >/dev/null; echo 'credentials not found in native keychain'; exit 1" };
    const auths = { 'r.example': { auth: b64('bob:hunter22') } };
    const auth = await atHome({ credsStore: 'test', auths }, none);
    expect(await auth.registry(registryAt('r.example'))).toMatchObject({ username: 'bob' });
    expect(await auth.registry(registryAt('other.example'))).toBeUndefined();
  });

  it('with an empty answer has no login', async () => {
    const auth = await atHome({ credsStore: 'test' }, { test: `echo '{"Username":"","Secret":""}'` });
    expect(await auth.registry(registryAt('r.example'))).toBeUndefined();
  });

  it('hands out identity tokens by the name that says so', async () => {
    const auth = await atHome({ credsStore: 'test' }, { test: `echo '{"Username":"<token>","Secret":"idt-1"}'` });
    expect(await auth.registry(registryAt('r.example'))).toMatchObject({ username: '<token>' });
  });

  it('that is not there is named', async () => {
    const auth = await atHome({ credHelpers: { 'r.example': 'nowhere' } });
    const error = await failureOf(auth.registry(registryAt('r.example')));
    expect(error).toMatchObject({ code: 'CREDENTIAL_HELPER_FAILED', exitCode: 3, data: { why: 'missing' } });
    expect(isError(error) && error.hint).toContain('docker-credential-nowhere');
  });

  it('with a path for a name is never run', async () => {
    const home = await mkdtemp(join(tmpdir(), 'tagboat-evil-'));
    onTestFinished(() => rm(home, { recursive: true, force: true }));
    // Whatever the name leads to is there and would answer.
    await mkdir(join(home, 'docker-credential-x'));
    await writeFile(join(home, 'evil'), `#!/bin/sh\n${answering('hunter22')}\n`);
    await chmod(join(home, 'evil'), 0o755);
    const names = [
      'x/../evil',
      '../evil',
      `x/../../../../../../../../..${home}/evil`,
      'x y',
      'x;evil',
      'x\\evil',
      '',
      'x\nevil',
    ];
    for (const name of names) {
      const auth = await atHome({ credHelpers: { 'r.example': name } }, {}, { HOME: home, DOCKER_CONFIG: home });
      await writeFile(join(home, 'config.json'), JSON.stringify({ credHelpers: { 'r.example': name } }));
      const ran: string[] = [];
      const world = {
        ...auth.world,
        exec: async ({ program }: { readonly program: string }) => {
          ran.push(program);
          return {
            code: 0,
            signal: null,
            stdout: '{"Username":"bob","Secret":"hunter22"}',
            stderr: '',
            missing: false,
          };
        },
      };
      const error = await failureOf(createAuth(world, world.emit).registry(registryAt('r.example')));
      expect([name, error]).toMatchObject([name, { code: 'CREDENTIAL_HELPER_FAILED', data: { why: 'missing' } }]);
      expect(ran).toEqual([]);
    }
  });

  it('that fails is quoted', async () => {
    const auth = await atHome({ credsStore: 'test' }, { test: 'echo "keychain is locked" >&2; exit 3' });
    const error = await failureOf(auth.registry(registryAt('r.example')));
    expect(error).toMatchObject({
      code: 'CREDENTIAL_HELPER_FAILED',
      data: { why: 'failed' },
      peer: { text: 'keychain is locked' },
    });
  });

  it('that prints a login and then fails has it taken out of its words', async () => {
    const auth = await atHome({ credsStore: 'test' }, { test: `${answering('hunter22')}; exit 1` });
    const error = await failureOf(auth.registry(registryAt('r.example')));
    expect(error).toBeInstanceOf(TagboatError);
    expect(JSON.stringify([error, isError(error) && error.peer])).not.toContain('hunter22');
  });

  it('that answers nonsense is not quoted', async () => {
    const auth = await atHome({ credsStore: 'test' }, { test: 'echo "Secret: hunter22"' });
    const error = await failureOf(auth.registry(registryAt('r.example')));
    expect(error).toMatchObject({ code: 'CREDENTIAL_HELPER_FAILED', data: { why: 'unusable' } });
    expect(isError(error) && JSON.stringify(error.peer ?? '')).not.toContain('hunter22');
  });
});

describe('a config file that is wrong', () => {
  it('is told with its place and without its text', async () => {
    const auth = await atHome('{\n  "auths": { "r.example": { "auth": "aHVudGVyMjI=" }, }\n}');
    const error = await failureOf(auth.registry(registryAt('r.example')));
    expect(error).toMatchObject({ code: 'DOCKER_CONFIG_INVALID', exitCode: 3, place: { line: 2, column: 53 } });
    expect(JSON.stringify(error)).not.toContain('aHVudGVyMjI=');
  });

  it('an entry that cannot be decoded is told by its name', async () => {
    const auth = await atHome({ auths: { 'r.example': { auth: b64('nocolon') } } });
    const error = await failureOf(auth.registry(registryAt('r.example')));
    expect(isError(error, 'DOCKER_CONFIG_INVALID') && error.data.why).toContain('r.example');
  });

  it('a folder in its place is told', async () => {
    const auth = await atHome(undefined);
    await mkdir(join(auth.home, '.docker', 'config.json'));
    const error = await failureOf(auth.registry(registryAt('r.example')));
    expect(isError(error, 'DOCKER_CONFIG_INVALID') && error.data.why).toContain('EISDIR');
  });
});

describe('ghcr.io', () => {
  it('takes the job token with the actor as name', async () => {
    const auth = await atHome(undefined, {}, { GITHUB_TOKEN: 'ghs_job', GITHUB_ACTOR: 'octocat' });
    const credential = await auth.registry(registryAt('ghcr.io'));
    expect([credential?.username, credential?.password.reveal()]).toEqual(['octocat', 'ghs_job']);
    expect(auth.world.masked).toEqual(expect.arrayContaining(['ghs_job', b64('octocat:ghs_job')]));
  });

  it('takes it without an actor too', async () => {
    const auth = await atHome(undefined, {}, { GITHUB_TOKEN: 'ghs_job' });
    expect(await auth.registry(registryAt('ghcr.io', 'ghcr'))).toMatchObject({ username: 'x-access-token' });
  });

  it('without a token uses what Docker knows on auto, and is an error when it was asked for', async () => {
    const auths = { 'ghcr.io': { auth: b64('bob:hunter22') } };
    const auth = await atHome({ auths }, {}, { GITHUB_TOKEN: '', GITHUB_ACTIONS: 'true' });
    expect(await auth.registry(registryAt('ghcr.io'))).toMatchObject({ username: 'bob' });
    const error = await failureOf(auth.registry(registryAt('ghcr.io', 'ghcr')));
    expect(error).toMatchObject({ code: 'GHCR_TOKEN_MISSING', exitCode: 3 });
    expect(isError(error) && error.hint).toContain('packages: write');
  });

  it('is the only host that auto gives the job token to', async () => {
    const auth = await atHome(undefined, {}, { GITHUB_TOKEN: 'ghs_job' });
    for (const host of ['ghcr.io.evil.example', 'docker.io', 'ghcr.io:5000']) {
      expect(await auth.registry(registryAt(host))).toBeUndefined();
    }
  });
});

it('an ECR registry on auto uses what Docker knows when there is no AWS identity at all', async () => {
  const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
  const saved = { ...process.env };
  // The SDK's chain looks at the process and its home: nothing may be found there.
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
  });
  try {
    const auth = await atHome({ auths: { [host]: { auth: b64('AWS:hunter22') } } });
    expect(await auth.registry(registryAt(host))).toMatchObject({ username: 'AWS' });
    const bare = await atHome(undefined);
    expect(await failureOf(bare.registry(registryAt(host)))).toMatchObject({ code: 'AWS_CREDENTIALS_MISSING' });
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
    Object.assign(process.env, saved);
  }
});

describe('a login in variables', () => {
  const own = {
    TAGBOAT_REGISTRY_HOST: 'r.example, docker.io',
    TAGBOAT_REGISTRY_USER: 'env',
    TAGBOAT_REGISTRY_PASSWORD: 'pw1',
  };
  const gitlab = {
    CI_REGISTRY: 'r.example',
    CI_REGISTRY_USER: 'gitlab-ci-token',
    CI_REGISTRY_PASSWORD: 'glcbt-planted',
  };
  const file = { auths: { 'r.example': { auth: b64('file:hunter22') } } };

  it('goes to the hosts that are listed, before everything else, and to no other', async () => {
    const DOCKER_AUTH_CONFIG = JSON.stringify({ auths: { 'r.example': { auth: b64('json:hunter22') } } });
    const auth = await atHome(file, {}, { ...own, ...gitlab, DOCKER_AUTH_CONFIG, GITHUB_TOKEN: 'ghs_x' });
    expect(await auth.registry(registryAt('r.example'))).toMatchObject({ username: 'env' });
    expect((await auth.registry(registryAt('registry-1.docker.io')))?.password.reveal()).toBe('pw1');
    expect(await auth.registry(registryAt('s.example'))).toBeUndefined();
    expect(auth.world.masked).toContain('pw1');
    expect(auth.world.masked).toContain(b64('env:pw1'));
  });

  it('is sent by plain http nowhere but on loopback', async () => {
    const auth = await atHome(undefined, {}, { ...own, TAGBOAT_REGISTRY_HOST: 'r.example,127.0.0.1:5000' });
    const clear = (host: string) => auth.registry({ ...registryAt(host), insecure: true });
    expect(await failureOf(clear('r.example'))).toMatchObject({ code: 'TOKEN_ELSEWHERE', data: { why: 'http' } });
    expect(await clear('127.0.0.1:5000')).toMatchObject({ username: 'env' });
  });

  it.each([
    ['ghcr.io', 'GITHUB_TOKEN'],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'x'],
  ])('is what %s gets where it is listed', async (host, name) => {
    const auth = await atHome(undefined, {}, { ...own, TAGBOAT_REGISTRY_HOST: host, [name]: 'other' });
    expect(await auth.registry(registryAt(host))).toMatchObject({ username: 'env' });
  });

  it.each([
    'TAGBOAT_REGISTRY_HOST',
    'TAGBOAT_REGISTRY_USER',
    'TAGBOAT_REGISTRY_PASSWORD',
  ])('that lacks %s is refused by its name', async (missing) => {
    const auth = await atHome(file, {}, { ...own, [missing]: ' ' });
    const error = await failureOf(auth.registry(registryAt('r.example')));
    expect(error).toMatchObject({ code: 'REGISTRY_LOGIN_INCOMPLETE', exitCode: 3, data: { missing } });
  });

  it("is GitLab's own for its registry where nothing else has one, and for its proxy", async () => {
    const proxy = {
      CI_DEPENDENCY_PROXY_SERVER: 'gitlab.example:443',
      CI_DEPENDENCY_PROXY_USER: 'gitlab-ci-token',
      CI_DEPENDENCY_PROXY_PASSWORD: 'planted-proxy',
    };
    const auth = await atHome(undefined, {}, { ...gitlab, ...proxy });
    expect((await auth.registry(registryAt('r.example')))?.password.reveal()).toBe('glcbt-planted');
    expect((await auth.registry(registryAt('gitlab.example')))?.password.reveal()).toBe('planted-proxy');
    expect(await auth.registry(registryAt('other.example'))).toBeUndefined();
    const written = await atHome(file, {}, gitlab);
    expect(await written.registry(registryAt('r.example'))).toMatchObject({ username: 'file' });
    expect(JSON.stringify(auth.world.events)).toContain('CI_REGISTRY_USER and CI_REGISTRY_PASSWORD');
  });

  it('that is missing is told with all the places, in their order', async () => {
    const auth = await atHome(file, {}, { ...own, ...gitlab, DOCKER_AUTH_CONFIG: '{}', REGISTRY_AUTH_FILE: '/a.json' });
    const error = await failureOf(auth.registry(registryAt('s.example', 'docker')));
    const files = ['/a.json', join(auth.home, '.docker/config.json'), join(auth.home, '.config/containers/auth.json')];
    expect(error).toMatchObject({
      code: 'DOCKER_LOGIN_MISSING',
      data: { looked: ['TAGBOAT_REGISTRY_HOST', 'DOCKER_AUTH_CONFIG', ...files, 'CI_REGISTRY'] },
    });
  });
});

describe('logins that are kept elsewhere', () => {
  const login = (name: string) => ({ auth: b64(`${name}:hunter22`) });
  const at = (host: string, prefix: string) => ({ ...registryAt(host), prefix });

  it('DOCKER_AUTH_CONFIG comes before every file, for what it holds', async () => {
    const given = JSON.stringify({ auths: { 'r.example': login('env') }, credsStore: 'never-run' });
    const auths = { 'r.example': login('file'), 'other.example': login('file') };
    const auth = await atHome({ auths }, {}, { DOCKER_AUTH_CONFIG: given });
    expect(await auth.registry(registryAt('r.example'))).toMatchObject({ username: 'env' });
    expect(await auth.registry(registryAt('other.example'))).toMatchObject({ username: 'file' });
    expect(auth.world.masked).toContain(given);
    const broken = await atHome({ auths }, {}, { DOCKER_AUTH_CONFIG: '{' });
    expect(await failureOf(broken.registry(registryAt('r.example')))).toMatchObject({ code: 'DOCKER_CONFIG_INVALID' });
  });

  it("podman's auth.json is read where REGISTRY_AUTH_FILE, the session or the home has it", async () => {
    const auth = await atHome(undefined);
    const folders = ['runtime', '.config'].map((dir) => join(auth.home, dir, 'containers'));
    for (const dir of folders) await mkdir(dir, { recursive: true });
    const [runtime = '', home = ''] = folders.map((dir) => join(dir, 'auth.json'));
    const named = join(auth.home, 'named.json');
    await writeFile(named, JSON.stringify({ auths: { 'a.example': login('named') } }));
    await writeFile(runtime, JSON.stringify({ auths: { 'a.example': login('no'), 'b.example': login('session') } }));
    await writeFile(home, JSON.stringify({ auths: { 'b.example': login('no'), 'c.example': login('home') } }));
    const env = { ...auth.world.env, REGISTRY_AUTH_FILE: named, XDG_RUNTIME_DIR: join(auth.home, 'runtime') };
    const world = testWorld({ clock: auth.clock, env });
    const names = ['a.example', 'b.example', 'c.example'].map((host) =>
      createAuth(world, world.emit).registry(registryAt(host)),
    );
    expect((await Promise.all(names)).map((one) => one?.username)).toEqual(['named', 'session', 'home']);
  });

  it('of keys with paths the longest that the registry begins with counts, and none that it does not', async () => {
    const auths = {
      'r.example/acme': login('acme'),
      'r.example/acme/team': login('team'),
      'q.example/acme': login('q'),
    };
    const auth = await atHome({ auths: { ...auths, 'r.example': login('all') } });
    for (const [prefix, name] of [
      ['acme/team/x', 'team'],
      ['acme/teams', 'acme'],
      ['other', 'all'],
      ['', 'all'],
    ] as const) {
      expect(await auth.registry(at('r.example', prefix))).toMatchObject({ username: name });
    }
    expect(await auth.registry(at('q.example', 'other'))).toBeUndefined();
    expect(await auth.registry(registryAt('q.example'))).toBeUndefined();
  });

  it('null stands for what is not there', async () => {
    const entry = { auth: b64('bob:hunter22'), identitytoken: null, email: null };
    const auth = await atHome({
      auths: { 'r.example': entry, 'n.example': null },
      credHelpers: null,
      credsStore: null,
    });
    expect(await auth.registry(registryAt('r.example'))).toMatchObject({ username: 'bob' });
    expect(await auth.registry(registryAt('n.example'))).toBeUndefined();
  });
});
