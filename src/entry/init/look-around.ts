import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TagboatError } from '../../errors.ts';
import { checkoutGit } from '../../wire/checkout.ts';
import type { World } from '../../wire/world.ts';
import { type Texts, tellsOfImages } from './find-images.ts';

const mostFiles = 2_000;
const largest = 256 * 1024;

/** What git and the files of a repository tell. Throws GIT_MISSING and SOURCE_NOT_A_REPO. */
export async function lookAround(world: World, dir: string) {
  const git = async (...args: string[]): Promise<string | undefined> => {
    const done = await checkoutGit(world, dir)(...args);
    if (done.missing) throw new TagboatError('GIT_MISSING', {});
    return done.code === 0 ? done.stdout.trim() : undefined;
  };
  const listed = await git('ls-files', '-z', '--cached', '--others', '--exclude-standard');
  if (listed === undefined) throw new TagboatError('SOURCE_NOT_A_REPO', { dir });
  const files = listed.split('\0').filter((path) => path !== '');
  const isPipeline = (path: string): boolean => /^\.github\/workflows\/[^/]+\.ya?ml$|^\.gitlab-ci\.yml$/.test(path);
  const origin = await git('remote', 'get-url', 'origin');
  const head = await git('symbolic-ref', '--short', 'refs/remotes/origin/HEAD');
  const current = await git('symbolic-ref', '--short', 'HEAD');
  return {
    files,
    texts: await textsOf(dir, files.filter(tellsOfImages)),
    pipelines: await textsOf(dir, files.filter(isPipeline)),
    remote: origin === undefined ? undefined : readRemote(origin),
    branch: head?.replace(/^origin\//, '') ?? current,
  };
}

/** The YAML files of a folder, which need be no repository. */
export async function readConfigDir(dir: string): Promise<Texts> {
  const all = await readdir(dir, { recursive: true }).catch(() => []);
  const names = all
    .map((name) => name.split('\\').join('/'))
    .filter((name) => /\.ya?ml$/.test(name) && !/(?:^|\/)(?:\.git|node_modules)\//.test(name));
  return textsOf(dir, names);
}

async function textsOf(dir: string, files: readonly string[]): Promise<Texts> {
  const read = await Promise.all(
    files
      .slice(0, mostFiles)
      .map(async (file) => [file, await readFile(join(dir, file), 'utf8').catch(() => '')] as const),
  );
  return Object.fromEntries(read.filter(([, text]) => text.length <= largest));
}

/** `git@github.com:acme/shop.git` and `https://github.com/acme/shop` are the same place. A port is SSH's own, or that of the pages. */
function readRemote(url: string): { readonly host: string; readonly path: string } | undefined {
  const [, host, port = '', path] =
    /^(?:[a-z+]+:\/\/(?:[^/@]+@)?|[^/@:]+@)([^/:]+)(?::(\d+)(?=\/))?[/:](.+?)(?:\.git)?\/?$/.exec(url) ?? [];
  // The names that answer SSH on port 443 are no sites.
  const site = host?.toLowerCase().replace(/^altssh\.(?=gitlab\.com$)|^ssh\.(?=github\.com$)/, '');
  const isWeb = port !== '' && /^https?:/.test(url);
  return site === undefined || path === undefined ? undefined : { host: isWeb ? `${site}:${port}` : site, path };
}
