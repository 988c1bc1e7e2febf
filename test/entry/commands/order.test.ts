import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CliResult, cli, resultOf } from '../../support/cli.ts';
import { git, gitHost, noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';

/** A job on a host that lets nobody in without a token: one of its own for the app repo, another for the config repo. */
async function job() {
  const host = await gitHost();
  const app = await host.createRepo('acme/app', { files: { a: '1' } });
  const older = (await host.git('acme/app', 'rev-parse', 'main')).trim();
  const newer = await host.commit('acme/app', { files: { a: '2' } });
  const config = await host.createRepo('acme/config', { files: { 'values.yaml': 'front:\n  imageTag: none\n' } });
  const clone = async (commit: string): Promise<string> => {
    const dir = await tempDir();
    // As actions/checkout does by default: one commit, and no branch of its own.
    await git(dir, 'init', '--quiet');
    await git(dir, 'fetch', '--quiet', '--depth=1', app, commit);
    await git(dir, 'checkout', '--quiet', 'FETCH_HEAD');
    const text = `deliveries:\n  main:\n    from: main\n    repo: ${config}\n    set: { values.yaml: { .front.imageTag: "{commit}" } }\n`;
    await writeFile(join(dir, 'tagboat.yaml'), text);
    return dir;
  };
  const [first, second] = [await clone(older), await clone(newer)];
  host.setAccess('acme/app', { tokens: { 'job-token': 'read' } });
  host.setAccess('acme/config', { tokens: { 'config-token': 'write' } });
  const env = (commit: string) => ({
    GITHUB_ACTIONS: 'true',
    GITHUB_SERVER_URL: host.url,
    GITHUB_REPOSITORY: 'acme/app',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_SHA: commit,
    GITHUB_TOKEN: 'job-token',
    TAGBOAT_TOKEN: 'config-token',
  });
  const run = (commit: string, changed: Record<string, string | undefined> = {}, ...args: string[]) =>
    cli(['commit', '--json', ...args], { cwd: commit === older ? first : second, env: { ...env(commit), ...changed } });
  return { host, older, newer, run };
}

const commitsOf = (result: CliResult): unknown => (resultOf(result).value as { commits: unknown }).commits;

describe.skipIf(noHttpBackend !== undefined)(`the order of two jobs with shallow checkouts${skipNote}`, () => {
  it("is asked of the app repo with the job's own token", async () => {
    const { older, newer, run } = await job();
    expect(commitsOf(await run(older))).toMatchObject([{ is: 'landed' }]);
    expect(commitsOf(await run(newer))).toMatchObject([{ is: 'landed' }]);
    const late = await run(older);
    expect([late.code, commitsOf(late)]).toMatchObject([0, [{ is: 'superseded', by: newer }]]);
    const forced = await run(older, {}, '--force');
    expect(commitsOf(forced)).toMatchObject([{ is: 'landed', changes: [{ before: newer, after: older }] }]);
  });

  it('is refused where no token opens the app repo, and no token is printed', async () => {
    const { host, older, newer, run } = await job();
    await run(older);
    const tip = await host.git('acme/config', 'rev-parse', 'main');
    const result = await run(newer, { GITHUB_TOKEN: undefined });
    expect(result.code).toBe(6);
    expect(resultOf(result).errors).toMatchObject([
      { code: 'ORDER_UNKNOWN', hint: expect.stringContaining('GITHUB_TOKEN') },
    ]);
    expect(await host.git('acme/config', 'rev-parse', 'main')).toBe(tip);
    // The runner is told what to blank, and nothing else is.
    const told = (result.stdout + result.stderr).replace(/^::add-mask::.*$/gm, '');
    expect(told).not.toMatch(/job-token|config-token/);
  });
});
