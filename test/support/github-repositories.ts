import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { GitHost } from '../../src/sandbox/git-host/git-host.ts';
import type { RepoFile } from '../../src/sandbox/git-host/repo.ts';
import type { Repositories } from './github/graphql.ts';

const run = promisify(execFile);
const whole = { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 } as const;

/** A git host's repositories (`owner/name`) as GitHub's API reaches them. Commits are by the App's own account. */
export function repositoriesOf(host: GitHost, right: Repositories['right']): Repositories {
  const tip = async (repository: string, branch: string): Promise<string | undefined> => {
    const ref = `refs/heads/${branch}`;
    const found = await host.git(repository, 'for-each-ref', '--format=%(objectname)', ref).catch(() => '');
    return found.trim() || undefined;
  };
  return {
    right,
    tip,
    file: async (repository, commit, path) => {
      const [, mode, type, oid] =
        /^(\d+) (\w+) ([0-9a-f]+)\t/.exec(await host.git(repository, 'ls-tree', commit, '--', path)) ?? [];
      if (mode === undefined || oid === undefined) return undefined;
      const { stdout } =
        type === 'blob' ? await run('git', ['cat-file', 'blob', oid], { ...whole, cwd: host.repoDir(repository) }) : {};
      return { mode: Number.parseInt(mode, 8), oid, bytes: stdout };
    },
    messages: async (repository, commit, path, most) =>
      (await host.git(repository, 'log', '-z', '--format=%B', `-${most}`, commit, '--', path))
        .split('\0')
        .filter((message) => message !== ''),
    commit: async ({ repository, branch, parent, message, files }) => {
      const draft = `draft-${randomUUID()}`;
      await host.git(repository, 'update-ref', `refs/heads/${draft}`, parent);
      try {
        const made = await host.commit(repository, {
          ...{ branch: draft, message },
          files: await withModes(host, repository, parent, files),
          author: { name: 'tagboat-sandbox[bot]', email: '98765+tagboat-sandbox[bot]@users.noreply.github.com' },
          time: Math.floor(Date.now() / 1_000),
        });
        // The old id is the lock here too.
        const moved = host.git(repository, 'update-ref', `refs/heads/${branch}`, made, parent);
        return await moved.then(
          () => made,
          () => undefined,
        );
      } finally {
        await host.git(repository, 'update-ref', '-d', `refs/heads/${draft}`);
      }
    },
  };
}

/** New bytes under the modes that the files have. */
async function withModes(
  host: GitHost,
  repository: string,
  parent: string,
  files: Readonly<Record<string, RepoFile | undefined>>,
): Promise<Record<string, RepoFile | undefined>> {
  const listed = await host.git(repository, 'ls-tree', '-r', '-z', parent, '--', ...Object.keys(files));
  const modes = new Map(
    listed
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, 6)] as const),
  );
  return Object.fromEntries(
    Object.entries(files).map(([path, file]) => {
      if (file === undefined) return [path, undefined];
      const content = typeof file === 'string' || file instanceof Uint8Array ? file : file.content;
      return [path, { mode: modes.get(path) ?? '100644', content }];
    }),
  );
}
