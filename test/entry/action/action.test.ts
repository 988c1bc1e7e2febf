import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { cli, town } from '../../support/cli.ts';
import { git, noHttpBackend, skipNote } from '../../support/git-host.ts';

const root = resolve(import.meta.dirname, '../../..');
const script = join(root, 'dist', 'action.js');

/** The files and variables that a runner gives to a step. */
async function runner() {
  const dir = await mkdtemp(join(tmpdir(), 'tagboat-runner-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const files = { GITHUB_OUTPUT: join(dir, 'output'), GITHUB_STEP_SUMMARY: join(dir, 'summary') };
  for (const file of Object.values(files)) await writeFile(file, '');
  const outputs = async (): Promise<Record<string, string>> => {
    const text = await readFile(files.GITHUB_OUTPUT, 'utf8');
    return Object.fromEntries(
      [...text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map(([, name, , value]) => [name, value]),
    );
  };
  return {
    env: { ...files, GITHUB_ACTIONS: 'true' },
    outputs,
    summary: () => readFile(files.GITHUB_STEP_SUMMARY, 'utf8'),
  };
}

describe.skipIf(noHttpBackend !== undefined)(`the action${skipNote}`, () => {
  it('ships, and leaves outputs and a summary', async () => {
    const { app, env, token, host } = await town();
    const step = await runner();
    const { TAGBOAT_TOKEN: _, ...job } = env;
    const sha = (await git(app, 'rev-parse', 'HEAD')).trim();
    const run = { GITHUB_SHA: sha, GITHUB_REF: 'refs/heads/main', GITHUB_REF_NAME: 'main', GITHUB_REF_TYPE: 'branch' };
    const done = await cli([], {
      script,
      cwd: app,
      env: { ...job, ...step.env, ...run, INPUT_TOKEN: token, INPUT_COMMAND: 'ship' },
    });
    expect(done.code, done.stderr).toBe(0);
    const outputs = await step.outputs();
    expect(outputs).toMatchObject({ outcome: 'landed', changed: 'true', tag: sha, 'exit-code': '0' });
    expect(outputs.commit).toBe((await host.git('config', 'rev-parse', 'main')).trim());
    expect(JSON.parse(outputs.images ?? '')).toHaveLength(2);
    expect(await step.summary()).toContain(sha.slice(0, 7));
    // Announced to the runner, which hides it from then on, and in nothing that stays.
    expect(done.stderr).toContain(`::add-mask::${token}`);
    expect(JSON.stringify(outputs) + (await step.summary()) + done.stdout).not.toContain(token);
    // Every output and input that action.yml names is there, and no other.
    const action = parse(await readFile(join(root, 'action.yml'), 'utf8'));
    expect(Object.keys(action.outputs).sort()).toEqual(Object.keys(outputs).sort());
    expect(action.runs).toEqual({ using: 'node24', main: 'dist/action.js' });
  });

  it('tells the runner of the secrets that it does not know, and of no other', async () => {
    const { app, env, github } = await town();
    const step = await runner();
    const job = { ...env, ...step.env, GITHUB_TOKEN: 'ghs_known-to-the-runner' };
    const told = await cli([], { script, cwd: app, env: { ...job, INPUT_COMMAND: 'plan', INPUT_QUIET: 'true' } });
    expect(told.stderr).toContain(`::add-mask::${env.TAGBOAT_TOKEN}`);
    for (const known of ['ghs_known-to-the-runner', String(github.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN)])
      expect(told.stderr).not.toContain(known);
    // A step of its own may have what it prints kept in a file.
    const cliToo = await cli(['plan'], { cwd: app, env: job });
    expect(cliToo.stderr + cliToo.stdout).not.toMatch(/add-mask|planted-git-token/);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'reads a workspace that another user owns, as in a job of container: (needs root)',
    async () => {
      const { app, env } = await town();
      const step = await runner();
      await promisify(execFile)('chown', ['-R', '65534', app]);
      const job = { ...env, ...step.env, GITHUB_WORKSPACE: app, INPUT_COMMAND: 'plan' };
      expect((await cli([], { script, cwd: app, env: job })).code).toBe(0);
      const refused = await cli([], { script, cwd: app, env: { ...job, GITHUB_WORKSPACE: '/elsewhere' } });
      expect(refused.stderr).toContain('SOURCE_NOT_TRUSTED');
    },
  );

  it('holds, lists what is held, promotes nothing past it, and promotes once it is released', async () => {
    const { app, env, host } = await town();
    const config = join(app, 'tagboat.yaml');
    const set = `set: { live/values.yaml: { .front.imageTag: "{tag}" } }`;
    const live = `  live: { after: main, repo: '${host.repoUrl('config')}', ${set} }\n`;
    await writeFile(config, `${await readFile(config, 'utf8')}${live}`);
    const tag = (value: string) => `front:\n  imageTag: ${value}\n`;
    await host.commit('config', { files: { 'main/values.yaml': tag('v2'), 'live/values.yaml': tag('v1') } });
    const run = async (inputs: Record<string, string>) => {
      const step = await runner();
      const done = await cli([], { script, cwd: app, env: { ...env, ...step.env, ...inputs } });
      expect(done.code, done.stderr).toBe(0);
      return step.outputs();
    };
    const promote = { INPUT_COMMAND: 'promote', INPUT_FROM: 'main', INPUT_TO: 'live' };
    expect(await run({ ...promote, INPUT_CHECK: 'true' })).toMatchObject({ outcome: 'unchanged', changed: 'false' });
    const hold = { INPUT_COMMAND: 'hold', INPUT_DELIVERY: 'live', INPUT_WHY: 'load test', INPUT_UNTIL: '2d' };
    expect(await run(hold)).toMatchObject({ outcome: 'landed' });
    const { outcome, holds = '' } = await run({ INPUT_COMMAND: 'holds' });
    expect([outcome, JSON.parse(holds)]).toMatchObject(['unchanged', [{ holds: [{ why: 'load test' }] }]]);
    expect(await run(promote)).toMatchObject({ outcome: 'held', changed: 'false' });
    expect(JSON.parse((await run({ INPUT_COMMAND: 'queue' })).queue ?? '')).toMatchObject([{ waiting: [] }]);
    expect(await run({ INPUT_COMMAND: 'release', INPUT_DELIVERY: 'live' })).toMatchObject({ outcome: 'landed' });
    expect(await run(promote)).toMatchObject({ outcome: 'landed', changed: 'true' });
    expect(await host.git('config', 'show', 'main:live/values.yaml')).toBe(tag('v2'));
  });

  it('speaks of its inputs and not of the command line', async () => {
    const step = await runner();
    const dir = await mkdtemp(join(tmpdir(), 'tagboat-no-app-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const wrong: Record<string, string>[] = [
      { INPUT_COMMAND: 'sail' },
      { INPUT_COMMAND: 'commit', INPUT_REPO: 'acme/config' },
      { INPUT_COMMAND: 'commit', INPUT_REPO: 'acme/config', INPUT_SET: 'values.yaml' },
      { INPUT_COMMAND: 'commit', INPUT_REPO: 'not a url', INPUT_SET: 'values.yaml:.a=1' },
      { INPUT_COMMAND: 'rollback', INPUT_UNTIL: 'soon' },
      { INPUT_COMMAND: 'promote' },
      { INPUT_COMMAND: 'promote', INPUT_DUE: 'true', INPUT_ALL: 'true' },
      { INPUT_COMMAND: 'hold' },
      { INPUT_COMMAND: 'hold', INPUT_REPO: 'https://git.example.test/acme/config', INPUT_WHY: 'load test' },
      { INPUT_COMMAND: 'release', INPUT_REPO: 'https://git.example.test/acme/config' },
      { INPUT_COMMAND: 'ship' },
    ];
    for (const inputs of wrong) {
      const { code, stderr } = await cli([], { script, cwd: dir, env: { ...step.env, ...inputs } });
      expect(code, stderr).toBe(2);
      expect(stderr).not.toMatch(/(?<![\w-])--[a-z]/);
    }
  });

  it('annotates what went wrong and fails the step', async () => {
    const { app, env } = await town();
    const step = await runner();
    const done = await cli([], { script, cwd: app, env: { ...env, ...step.env, TAGBOAT_TOKEN: 'wrong-token-0123' } });
    expect(done.code).toBe(3);
    expect(done.stderr).toMatch(/^::error [^\n]*title=Tagboat GIT_AUTH_REFUSED/m);
    expect(await step.outputs()).toMatchObject({ outcome: 'failed', changed: 'false', 'exit-code': '3' });
  });
});
