import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createExec } from '../../../src/wire/exec.ts';
import { type CliResult, cli, resultOf, town } from '../../support/cli.ts';
import { git, gitHost, noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';

const valuesIn = (host: { git(name: string, ...args: string[]): Promise<string> }) =>
  host.git('config', 'show', 'main:main/values.yaml');

describe('the command line', () => {
  it('tells its version and nothing else', async () => {
    const { code, stdout, stderr } = await cli(['--version'], { alone: true });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    'ship',
    'build',
    'commit',
    'wait',
    'rollback',
    'promote',
    'plan',
    'edit',
    'schema',
    'demo',
  ])('has help with an example for %s', async (name) => {
    const { code, stdout } = await cli([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples:\\n\\s+tagboat ${name}`));
  });

  it.each([
    ['an unknown command', ['sink']],
    ['an unknown option', ['ship', '--fast']],
    ['a --set without a path', ['commit', '--repo', 'https://h.test/r', '--set', 'values.yaml=1']],
    ['a --repo without a --set', ['commit', '--repo', 'https://h.test/r']],
    ['a number that is none', ['ship', '--jobs', 'many']],
  ])('ends with 2 and a result for %s', async (_, args) => {
    const done = await cli([...args, '--json']);
    expect(done.code).toBe(2);
    expect(resultOf(done)).toMatchObject({ exitCode: 2, errors: [{ code: 'USAGE', exitCode: 2 }] });
  });

  it('shows its help when nothing is asked, and that of a command by help', async () => {
    const alone = await cli([]);
    expect([alone.code, alone.stderr]).toEqual([0, '']);
    expect(alone.stdout).toMatch(/^Usage: tagboat /);
    const one = await cli(['help', 'ship']);
    expect([one.code, one.stdout.split('\n')[0]]).toEqual([0, 'Usage: tagboat ship [options]']);
    const none = await cli(['help', 'sink', '--json']);
    expect([none.code, resultOf(none).errors]).toMatchObject([2, [{ code: 'USAGE' }]]);
    // The old name reads as publishing; it stays for those who have it in a script.
    expect((await cli(['release', '--help'])).stdout).toContain('tagboat unhold|release');
  });

  it.each([
    ['--verbose', ['--verbose'], {}],
    ['--debug', ['--debug'], {}],
    ["GitHub's debug logging", [], { RUNNER_DEBUG: '1' }],
  ])('tells each child on stderr with %s, and nothing but events on stdout', async (_, args, env) => {
    const dir = await tempDir();
    await git(dir, 'init', '--quiet');
    const done = await cli(['ship', '--json', ...args], { cwd: dir, env });
    expect(resultOf(done).exitCode).toBe(2);
    expect(done.stderr).toMatch(/^· \$ git .*: exit \d+, \d+ ms$/m);
    expect((await cli(['ship', '--json'], { cwd: dir })).stderr).toBe('');
  });

  it('says where the config should be when there is none', async () => {
    const dir = await tempDir();
    await git(dir, 'init', '--quiet');
    await git(dir, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--allow-empty', '-m', 'x');
    const done = await cli(['ship', '--json'], { cwd: dir });
    expect(done.code).toBe(2);
    expect(resultOf(done).errors).toMatchObject([{ code: 'CONFIG_MISSING' }]);
  });

  it('shows line, column and a caret for a mistake in the config', async () => {
    const dir = await tempDir();
    await git(dir, 'init', '--quiet');
    await writeFile(join(dir, 'tagboat.yaml'), 'registry: ghcr.io/acme\nimages:\n  app:\n    dockerfil: Dockerfile\n');
    await git(dir, 'add', '.');
    await git(dir, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '-m', 'x');
    const { code, stderr } = await cli(['plan'], { cwd: dir });
    expect(code).toBe(2);
    expect(stderr).toContain('CONFIG_KEY_UNKNOWN');
    expect(stderr).toContain('tagboat.yaml:4:5');
    expect(stderr).toMatch(/4 \| {5}dockerfil\n +\^\n/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe('standard output', () => {
  it('closed by its reader ends nothing: the work is what was asked for', async () => {
    const script = join(import.meta.dirname, '../../../dist/cli.js');
    // The reader is gone before the first line comes.
    const done = await createExec({ PATH: process.env.PATH })({
      program: 'bash',
      args: ['-c', '{ sleep 0.2; node "$0" schema; echo "ended $?" >&2; } | true', script],
    });
    expect(done.stderr).toBe('ended 0\n');
  });

  it.skipIf(!existsSync('/dev/full'))('that can’t be written is not success (needs /dev/full)', async () => {
    const script = join(import.meta.dirname, '../../../dist/cli.js');
    const done = await createExec({ PATH: process.env.PATH })({
      program: 'bash',
      args: ['-c', 'node "$0" schema > /dev/full', script],
    });
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('ENOSPC');
  });
});

describe('tagboat edit', () => {
  const before = '# kept\nfront: {imageTag:   "a"}  # kept too\n';

  it('sets one value and leaves every other byte', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'values.yaml'), before);
    expect((await cli(['edit', 'values.yaml', '.front.imageTag=b'], { cwd: dir })).code).toBe(0);
    expect(await readFile(join(dir, 'values.yaml'), 'utf8')).toBe(before.replace('"a"', '"b"'));
  });

  it('prints no diff that a terminal or a runner obeys, and one that can be applied', async () => {
    const dir = await tempDir();
    const before = 'b: |\r\n  ::warning::w\r\n  two\twords\r\nc: 1 # \u009b31mred ##[error]z\r\n';
    await writeFile(join(dir, 'values.yaml'), before);
    const check = (env: Record<string, string>) => cli(['edit', 'values.yaml', '.c=2', '--check'], { cwd: dir, env });
    const inActions = await check({ GITHUB_ACTIONS: 'true' });
    expect(inActions.stdout).toContain('+c: 2');
    expect(inActions.stdout).not.toMatch(/^[^\S\n]*::|##\[|\u009b/m);
    const elsewhere = await check({});
    expect(elsewhere.stdout).not.toContain('\u009b');
    expect(elsewhere.stdout).toContain('\t');
    expect(elsewhere.stdout).toContain('+c: 2 # red ##[error]z\r\n');
  });

  it('with --quiet says nothing, to people or to programs, but what deserves an action', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'values.yaml'), before);
    const told = await cli(['edit', 'values.yaml', '.front.imageTag=b', '-q'], { cwd: dir });
    expect([told.code, told.stdout, told.stderr]).toEqual([0, '', '']);
    const { events } = await cli(['edit', 'values.yaml', '.front.imageTag=c', '-q', '--json'], { cwd: dir });
    expect(events.map(({ type }) => type)).toEqual(['result']);
  });

  it('with --check prints the diff and changes nothing', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'values.yaml'), before);
    const { code, stdout } = await cli(['edit', 'values.yaml', '.front.imageTag=b', '--check'], { cwd: dir });
    expect(code).toBe(0);
    expect(stdout).toContain('+front: {imageTag:   "b"}  # kept too');
    expect(await readFile(join(dir, 'values.yaml'), 'utf8')).toBe(before);
  });
});

describe.skipIf(noHttpBackend !== undefined)(`tagboat commit without a config file${skipNote}`, () => {
  const files = { 'main/values.yaml': 'front:\n  imageTag: a\n' };
  const set = (value: string) => ['--set', `main/values.yaml:.front.imageTag=${value}`, '--json'];

  it('lands a commit, and is unchanged the second time', async () => {
    const host = await gitHost();
    const repo = await host.createRepo('config', { files });
    const first = await cli(['commit', '--repo', repo, ...set('b')]);
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(resultOf(first).value).toMatchObject({ changed: true, commits: [{ is: 'landed' }] });
    const second = await cli(['commit', '--repo', repo, ...set('b')]);
    expect(resultOf(second).value).toMatchObject({ changed: false, commits: [{ is: 'unchanged' }] });
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n');
    expect(host.requests.filter(({ number }) => number <= 4).every(({ connection }) => connection === 1)).toBe(true);
  });

  it("commits as git's own user outside of Actions, the last one that is set", async () => {
    const host = await gitHost();
    const repo = await host.createRepo('config', { files });
    const dir = await tempDir();
    await git(dir, 'init', '--quiet');
    for (const name of ['Bea', 'Ada Lovelace']) await git(dir, 'config', '--add', 'user.name', name);
    await git(dir, 'config', 'user.email', 'ada@example.test');
    expect((await cli(['commit', '--repo', repo, ...set('b')], { cwd: dir })).code).toBe(0);
    expect(await host.git('config', 'log', '-1', '--format=%an <%ae>|%cn')).toBe(
      'Ada Lovelace <ada@example.test>|Ada Lovelace\n',
    );
  });

  it.each<[string, string, string[], number]>([
    ['a branch that is missing', 'BRANCH_NOT_FOUND', ['--branch', 'mian', ...set('b')], 6],
    ['a file that is missing', 'FILE_NOT_FOUND', ['--set', 'main/value.yaml:.a=1', '--json'], 6],
    ['a path that is missing', 'CONFIG_PATH_MISSING', ['--set', 'main/values.yaml:.front.imagTag=1', '--json'], 6],
    ['a path that is a map', 'PATH_NOT_A_SCALAR', ['--set', 'main/values.yaml:.front=1', '--json'], 6],
  ])('names %s and writes nothing', async (_, code, args, exit) => {
    const host = await gitHost();
    const repo = await host.createRepo('config', { files });
    const done = await cli(['commit', '--repo', repo, ...args]);
    expect([done.code, resultOf(done).errors[0]?.code]).toEqual([exit, code]);
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('1\n');
    expect(host.requests.some(({ service, isCall }) => isCall && service === 'git-receive-pack')).toBe(false);
  });

  it('tells a refused token apart from a repository that is missing', async () => {
    const host = await gitHost();
    const repo = await host.createRepo('config', { files });
    host.setAccess('config', { tokens: { good: 'write', reader: 'read' } });
    const run = async (url: string, token: string) => {
      const done = await cli(['commit', '--repo', url, ...set('b')], { env: { TAGBOAT_TOKEN: token } });
      return [done.code, resultOf(done).errors[0]?.code];
    };
    expect(await run(repo, 'bad-token')).toEqual([3, 'GIT_AUTH_REFUSED']);
    expect(await run(repo, 'reader')).toEqual([3, 'GIT_FORBIDDEN']);
    expect(await run(repo.replace('config', 'other'), 'good')).toEqual([6, 'REPO_NOT_FOUND']);
  });
});

describe.skipIf(noHttpBackend !== undefined)(`tagboat ship${skipNote}`, () => {
  it('takes a commit to a config commit by OIDC, and changes nothing the second time', async () => {
    const { host, registry, app, env, temp } = await town();
    const first = await cli(['ship', '--json'], { cwd: app, env });
    expect([first.code, first.stderr]).toEqual([0, '']);
    const commit = (await git(app, 'rev-parse', 'HEAD')).trim();
    expect(await valuesIn(host)).toBe(`# the shop\nfront:\n  imageTag: ${commit}   # by CI\n  replicas: 2\n`);
    expect(resultOf(first).value).toMatchObject({
      changed: true,
      tag: commit,
      images: [
        { is: 'built', engine: 'assemble', reference: `${registry.host}/app-repo:${commit}` },
        { is: 'built', engine: 'assemble', reference: `${registry.host}/web-repo:${commit}` },
      ],
    });
    const second = await cli(['ship', '--json'], { cwd: app, env });
    expect(resultOf(second).value).toMatchObject({ changed: false, images: [{ is: 'reused' }, { is: 'reused' }] });
    expect(await readdir(temp)).toEqual([]);
  });

  it('pushes nothing at all when the config repo has no such path', async () => {
    const { host, registry, app, env, write, commit } = await town();
    const config = await readFile(join(app, 'tagboat.yaml'), 'utf8');
    await write({ 'tagboat.yaml': config.replace('.front.imageTag', '.front.imagTag') });
    await commit('Mistype');
    const done = await cli(['ship', '--json'], { cwd: app, env });
    expect([done.code, resultOf(done).errors[0]?.code]).toEqual([6, 'CONFIG_PATH_MISSING']);
    // Whether it may push is asked by an upload that is begun and ended at once.
    expect(registry.requests.filter(({ method }) => method === 'PUT' || method === 'PATCH')).toEqual([]);
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('1\n');
  });

  it('reports both of two failing images, and the config repo never hears of them', async () => {
    const { host, app, env } = await town({
      fault: ({ method, path }) =>
        method === 'PUT' && path.includes('/manifests/') ? { is: 'answer', status: 403 } : undefined,
    } as Parameters<typeof town>[0]);
    const done = await cli(['ship', '--json'], { cwd: app, env });
    expect(done.code).not.toBe(0);
    expect(resultOf(done).errors).toHaveLength(2);
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('1\n');
    expect(host.requests.some(({ service, isCall }) => isCall && service === 'git-receive-pack')).toBe(false);
  });

  it('says which permission is missing without OIDC variables', async () => {
    const { app, env } = await town();
    const done = await cli(['ship', '--json'], {
      cwd: app,
      env: {
        ...env,
        GITHUB_ACTIONS: 'true',
        ACTIONS_ID_TOKEN_REQUEST_URL: undefined,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined,
      },
    });
    const [error] = resultOf(done).errors;
    expect([done.code, error?.code]).toEqual([3, 'OIDC_UNAVAILABLE']);
    expect(`${error?.message} ${error?.hint}`).toContain('id-token: write');
  });

  it('plans the same without writing anywhere, and prints the exact diff', async () => {
    const { host, registry, app, env } = await town();
    const { code, stdout } = await cli(['plan'], { cwd: app, env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^- {2}imageTag: none {3}# by CI\n\+ {2}imageTag: [0-9a-f]{40} {3}# by CI$/m);
    // Whether it may push is asked by an upload that is begun and ended at once.
    expect(registry.requests.filter(({ method }) => method === 'PUT' || method === 'PATCH')).toEqual([]);
    expect(host.requests.some(({ service, isCall }) => isCall && service === 'git-receive-pack')).toBe(false);
  });

  it('stopped in the middle of a build it ends with 130, and nothing is half done', async () => {
    const { host, app, env, temp } = await town();
    let stopped = false;
    const done = await cli(['ship', '--json'], {
      cwd: app,
      env,
      onLine: (line, kill) => {
        // A second signal would end it at once.
        if (!stopped && line.includes('"image.started"')) {
          stopped = true;
          kill('SIGINT');
        }
      },
    });
    expect(done.code).toBe(130);
    expect(resultOf(done).errors[0]?.code).toBe('INTERRUPTED');
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('1\n');
    expect(await readdir(temp)).toEqual([]);
  });

  it('never prints a secret, whatever goes wrong', async () => {
    const { github, app, env, token, registry } = await town();
    const secrets = [
      token,
      Buffer.from(`x-access-token:${token}`).toString('base64'),
      env.ACTIONS_ID_TOKEN_REQUEST_TOKEN,
    ];
    const worlds: Record<string, string>[] = [
      env,
      { ...env, TAGBOAT_DEBUG: '1' },
      { ...env, TAGBOAT_DEBUG: '1', TAGBOAT_TOKEN: `${token}-wrong` },
      { ...env, TAGBOAT_DEBUG: '1', AWS_ENDPOINT_URL_ECR: registry.url },
      { ...env, TAGBOAT_DEBUG: '1', AWS_ENDPOINT_URL_STS: github.url },
    ];
    for (const one of worlds) {
      for (const args of [['ship', '--json'], ['ship'], ['plan']]) {
        const { stdout, stderr } = await cli(args, { cwd: app, env: one });
        for (const secret of secrets) {
          expect(secret).toBeTruthy();
          expect(stdout + stderr).not.toContain(secret);
        }
        // A JWT, an AWS session: nothing that looks like one.
        expect(stdout + stderr).not.toMatch(/eyJ[\w-]{10,}\.[\w-]{10,}\.|ASIA[A-Z0-9]{12,}/);
      }
    }
  });
});

describe.skipIf(noHttpBackend !== undefined)(`the demo${skipNote}`, () => {
  // One run for two tests: each takes as long as five deliveries.
  let run: Promise<{
    readonly done: CliResult;
    readonly reachable: readonly boolean[];
    readonly left: readonly string[];
  }>;
  const stopped = (): typeof run => {
    run ??= demoUntilStopped();
    return run;
  };

  it('tells the whole story', async () => {
    const { done } = await stopped();
    const healthy = [{ application: 'shop', is: 'healthy' }];
    expect(resultOf(done).value).toMatchObject({
      runs: [
        { changed: true, verdicts: healthy },
        { changed: true, verdicts: healthy },
        { changed: false, verdicts: healthy },
        { verdicts: [{ application: 'shop', is: 'degraded', reasons: [{ parts: [{ status: 'ImagePullBackOff' }] }] }] },
        { changed: true, verdicts: healthy },
      ],
    });
  });

  it('is calm to people: what came of each step, and none of the builders’ own lines', async () => {
    const { code, stderr } = await cli(['demo', '--exit']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/✓ app +assembled and pushed/);
    expect(stderr).toMatch(/= main +unchanged/);
    expect(stderr).toMatch(/✓ shop +healthy/);
    expect(stderr).toMatch(/└─ Pod front.* ImagePullBackOff/);
    expect(stderr).not.toContain('│');
    // What came of each step stands in the recording too; how often Argo CD was seen on its way differs.
    const shown = readFileSync(join(import.meta.dirname, '../../../docs/pictures/ship.svg'), 'utf8');
    const steps = (text: string) =>
      text
        .replace(/\b[0-9a-f]{7,64}\b|[\d.]+ s$|:\d{5}\b|\d{4}-\d\d-\S+/gm, '…')
        .split('\n')
        .filter((line) => /^✓/.test(line));
    const recorded = steps(shown.replace(/<[^>]+>/g, '').replaceAll('&gt;', '>'));
    expect(recorded.length).toBeGreaterThan(4);
    expect(steps(stderr)).toEqual(expect.arrayContaining(recorded));
  });

  it('stays up until Ctrl-C, then ends with 0 and leaves nothing behind', async () => {
    const { done, reachable, left } = await stopped();
    expect(reachable).toEqual([true]);
    expect(done.code).toBe(0);
    expect(left).toEqual([]);
  });

  it("ships an app of one's own that has nothing but a Dockerfile", async () => {
    const dir = await tempDir();
    await git(dir, 'init', '--quiet', '--initial-branch=main');
    await writeFile(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    await git(dir, 'add', '.');
    await git(dir, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '-m', 'x');
    const done = await cli(['demo', '--exit', '--json', '--app', dir]);
    expect(done.code).toBe(0);
    expect(resultOf(done).value).toMatchObject({ runs: [{ changed: true, images: [{ is: 'built' }] }] });
    expect(await git(dir, 'status', '--porcelain')).toBe('');
  });
});

/** Runs the demo, clones its config repo once everything is up, and stops it then. */
async function demoUntilStopped() {
  const temp = await mkdtemp(join(tmpdir(), 'tagboat-test-'));
  const clone = await mkdtemp(join(tmpdir(), 'tagboat-test-'));
  const reachable: boolean[] = [];
  try {
    const done = await cli(['demo', '--json'], {
      env: { TMPDIR: temp },
      onLine: async (line, kill) => {
        const url = /Everything stays up/.test(line) ? /git clone (\S+\.git)/.exec(line)?.[1] : undefined;
        if (url === undefined) return;
        const cloned = git('.', 'clone', '--quiet', url, join(clone, 'config'));
        reachable.push(
          await cloned.then(
            () => true,
            () => false,
          ),
        );
        kill('SIGINT');
      },
    });
    return { done, reachable, left: await readdir(temp) };
  } finally {
    for (const dir of [temp, clone]) await rm(dir, { recursive: true, force: true });
  }
}
