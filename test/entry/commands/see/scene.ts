import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitHost, GitHostOptions } from '../../../../src/sandbox/git-host/git-host.ts';
import { type CliResult, cli } from '../../../support/cli.ts';
import { git, gitHost, tempDir } from '../../../support/git-host.ts';

export interface Scene {
  readonly host: GitHost;
  readonly app: string;
  readonly repo: string;
  commit(subject: string): Promise<string>;
  run(...args: string[]): Promise<CliResult>;
  /** Somebody else's commit that sets a value of a file, or writes a note. */
  byHand(
    subject: string,
    change?: { readonly file: string; readonly from: string; readonly to: string },
  ): Promise<void>;
}

export const file = (environment: string): string => `envs/${environment}/values.yaml`;

/** An app repo with two environments, `staging` on every commit of main and `production` by promotion, and its git host. */
export async function scene(more = '', options: Omit<GitHostOptions, 'env'> = {}): Promise<Scene> {
  const host = await gitHost(options);
  const values = 'front:\n  imageTag: none\nback:\n  imageTag: none\n';
  const repo = await host.createRepo('config', {
    files: { [file('staging')]: values, [file('production')]: values },
  });
  const app = await tempDir();
  await git(app, 'init', '--quiet', '--initial-branch=main');
  const set = (name: string) => `{ ${file(name)}: { .front.imageTag: '{commit}', .back.imageTag: '{commit}' } }`;
  const text = `deliveries:
  staging: { from: main, repo: '${repo}', set: ${set('staging')} }
  production: { from: release, repo: '${repo}', set: ${set('production')} }
${more}`;
  await writeFile(join(app, 'tagboat.yaml'), text);
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];
  const commit = async (subject: string): Promise<string> => {
    await git(app, 'add', '--all');
    await git(app, ...who, 'commit', '--quiet', '--allow-empty', '--message', subject);
    return (await git(app, 'rev-parse', 'HEAD')).trim();
  };
  await commit('Open the shop');
  return {
    ...{ host, app, repo, commit },
    run: (...args) => cli(args, { cwd: app }),
    byHand: async (subject, change) => {
      const path = change?.file ?? 'notes.md';
      const before = change === undefined ? '' : await host.git('config', 'show', `main:${path}`);
      const after = change === undefined ? subject : before.replace(change.from, change.to);
      execFileSync('git', ['-C', host.repoDir('config'), 'fast-import', '--quiet', '--force'], {
        input: `commit refs/heads/main\ncommitter Eve <eve@example.test> ${Math.floor(Date.now() / 1_000)} +0000\ndata ${Buffer.byteLength(subject)}\n${subject}\nfrom refs/heads/main^0\nM 100644 inline ${path}\ndata ${Buffer.byteLength(after)}\n${after}\n`,
      });
    },
  };
}
