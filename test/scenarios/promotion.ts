import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { promote } from '../../src/entry/commands/promote/promote.ts';
import type { GitHost } from '../../src/sandbox/git-host/git-host.ts';
import { isPush, refsOf, tipOf } from '../commit/landing.ts';
import { git, gitHost, tempDir } from '../support/git-host.ts';
import { here } from '../support/here.ts';
import type { ConfigRepoScene } from './config-repo.ts';
import type { Guarantee } from './scenario.ts';

interface Promoting {
  /** Whatever is due, instead of staging to production by name. */
  readonly due: boolean;
  /** What staging's value becomes by hand while each push is under way, by the number of that push. */
  readonly moves?: (push: number) => string;
}

/** Staging's file with this tag. */
function tagged(tag: string): string {
  return `web:\n  tag: ${tag}   # by CI\n`;
}

/** Staging, whose value somebody set by hand, and production, which comes after it; and a `tagboat promote`. */
export async function promoteHere({ due, moves }: Promoting): Promise<ConfigRepoScene> {
  let pushes = 0;
  const host: GitHost = await gitHost({
    fault: async (request) => {
      if (!isPush(request) || moves === undefined) return undefined;
      pushes += 1;
      await host.commit('config', { files: { 'staging.yaml': tagged(moves(pushes)) }, message: 'By hand\n' });
      return undefined;
    },
  });
  const files = { 'staging.yaml': tagged('v1'), 'production.yaml': tagged('v0') };
  const url = await host.createRepo('config', { files });
  const app = await tempDir();
  const delivery = (name: string, key: string) =>
    `  ${name}: { ${key}, repo: '${url}', set: { ${name}.yaml: { .web.tag: '{commit}' } } }\n`;
  const config = `deliveries:\n${delivery('staging', 'from: main')}${delivery('production', 'after: staging')}`;
  await writeFile(join(app, 'tagboat.yaml'), config);
  await git(app, 'init', '--quiet', '--initial-branch=main');
  await git(app, 'add', '.');
  await git(app, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.test', 'commit', '--quiet', '-m', 'x');
  const before = { tipBefore: await tipOf(host, 'config'), refsBefore: await refsOf(host, 'config') };
  const common = { json: true, quiet: false, color: false, jobs: 1 };
  const body = promote(common, due ? [] : ['staging', 'production'], { due });
  const { exitCode, errors, commits } = await here(body, { command: 'promote', cwd: app });
  return { host, ...before, error: errors[0], end: { sees: errors[0]?.code ?? commits[0]?.is, exitCode } };
}

export const productionKept: Guarantee<ConfigRepoScene> = {
  words: 'production keeps what it has',
  holds: async ({ host }) => expect(await host.git('config', 'show', 'main:production.yaml')).toBe(tagged('v0')),
};
