import { dirname } from 'node:path';
import type { Target } from './config-repo.ts';

/** What one run is asked to do. */
export interface Order {
  /** Smart-HTTP URL of the config repo. */
  readonly url: string;
  readonly target: Target;
  readonly value: string;
  /** Where GitHub's API is. */
  readonly api?: string | undefined;
}

/** One way to change one value in a config repo, as the command a pipeline runs, in an empty folder. */
export interface Flow {
  readonly name: 'clone' | 'sparse' | 'tagboat' | 'api';
  readonly title: string;
  readonly argv: (order: Order) => readonly string[];
  readonly env?: (order: Order) => Readonly<Record<string, string>>;
}

/** What most pipelines do: the newest commit with all files. */
const clone: Flow = {
  name: 'clone',
  title: 'git clone --depth 1',
  argv: (order) => shell(`git clone --quiet --depth 1 --branch main '${order.url}' config`, order),
};

/** The least git's own commands can do: no file but the folder's own. */
const sparse: Flow = {
  name: 'sparse',
  title: 'git clone --filter=blob:none --sparse',
  argv: (order) =>
    shell(
      `git clone --quiet --depth 1 --filter=blob:none --sparse --branch main '${order.url}' config
git -C config sparse-checkout set '${dirname(order.target.file)}'`,
      order,
    ),
};

/** Ours, from the command line to the exit code. */
export function tagboat(cli: string): Flow {
  return {
    name: 'tagboat',
    title: 'tagboat commit',
    argv: ({ url, target, value }) => [
      process.execPath,
      cli,
      'commit',
      ...['--repo', url, '--branch', 'main'],
      ...['--set', `${target.file}:.${target.section}.${target.key}=${value}`],
      ...['--message', `Update ${target.file}`],
    ],
  };
}

/** The same by GitHub's API. */
export function byGitHub(cli: string): Flow {
  const { argv } = tagboat(cli);
  return {
    name: 'api',
    title: 'tagboat commit --via github',
    argv: (order) => [...argv(order), '--via', 'github'],
    env: ({ url, api = '' }) => ({
      TAGBOAT_TOKEN: 'bench',
      TAGBOAT_GIT_HOST: URL.canParse(url) ? new URL(url).host : '',
      GITHUB_API_URL: api,
    }),
  };
}

/** The two ways to compare with. */
export const baselines: readonly Flow[] = [clone, sparse];

/** The edit costs git's flows no more than a sed: real pipelines start yq. */
function shell(fetch: string, { target, value }: Order): readonly string[] {
  const { file, section, key } = target;
  const script = `set -e
${fetch}
cd config
sed -i '/^${section}:/,/ ${key}:/s/ ${key}: .*/ ${key}: ${value}/' '${file}'
git add '${file}'
git commit --quiet --message 'Update ${file}'
git push --quiet origin main`;
  return ['/bin/sh', '-c', script];
}
