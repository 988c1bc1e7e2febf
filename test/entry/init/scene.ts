import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { init } from '../../../src/entry/commands/adopt/init.ts';
import { git, tempDir } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';

export const common = { json: true, quiet: false, color: false, jobs: 1 };

type Options = Parameters<typeof init>[1];

/** What the command line gives where nothing is said. */
export const unsaid: Options = {
  ...{ place: [], with: [], layout: 'helm', as: 'cloudformation', role: 'tagboat' },
  ...{ yes: true, check: false, force: false },
};

/** A repository with these files and a remote. */
export async function appRepo(files: Readonly<Record<string, string>>, origin?: string): Promise<string> {
  const dir = await tempDir();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  if (origin !== undefined) await git(dir, 'remote', 'add', 'origin', origin);
  return dir;
}

/** `tagboat init` in a folder, in this process. */
export async function runInit(dir: string, options: Partial<Options>) {
  return here(init(common, { ...unsaid, ...options }), { command: 'init', cwd: dir });
}
