import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
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

  it('annotates what went wrong and fails the step', async () => {
    const { app, env } = await town();
    const step = await runner();
    const done = await cli([], { script, cwd: app, env: { ...env, ...step.env, TAGBOAT_TOKEN: 'wrong-token-0123' } });
    expect(done.code).toBe(3);
    expect(done.stderr).toMatch(/^::error [^\n]*title=Tagboat GIT_AUTH_REFUSED/m);
    expect(await step.outputs()).toMatchObject({ outcome: 'failed', changed: 'false', 'exit-code': '3' });
  });
});
