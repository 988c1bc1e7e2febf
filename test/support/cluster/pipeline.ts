import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { cli } from '../cli.ts';
import { git, tempDir } from '../git-host.ts';
import type { Shop } from './shop.ts';
import { type Waited, type Waiting, watchRun } from './waiting.ts';

/** An app repo whose pipeline delivers to a shop. */
export interface Pipeline {
  /** Commits to the app repo and ships it, until the verdict. Answers what came of it. */
  ship(shipping: Shipping): Promise<Shipped>;
  /** Runs another command that ends with a verdict, in the app repo. */
  run(args: readonly string[], waiting: Waiting & Pick<Shipping, 'env'>): Promise<Waited>;
}

export interface Shipping extends Waiting {
  /** Template of the tag from now on. */
  readonly tag?: string;
  /** More arguments of the command. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Shipped extends Waited {
  /** The app repo's commit. */
  readonly source: string;
  /** The config commit that landed, or the tip where nothing changed. */
  readonly commit: string;
}

export interface PipelineOptions {
  /** Template of the tag. Default: the commit's id. */
  readonly tag?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** The config's `registry` and `images`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** More of the config's `argocd`. */
  readonly argocd?: Readonly<Record<string, unknown>>;
  /** More of the delivery. */
  readonly delivery?: Readonly<Record<string, unknown>>;
  readonly set?: Readonly<Record<string, string>>;
}

/** Makes the app repo; it goes with the test. */
export async function openPipeline(shop: Shop, options: PipelineOptions = {}): Promise<Pipeline> {
  const { tag, files = {}, config = {}, delivery = {}, set = { '.front.imageTag': '{tag}' } } = options;
  const app = await tempDir();
  const { argocd } = shop.cluster;
  await git(app, 'init', '--quiet', '--initial-branch=main');
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(app, path)), { recursive: true });
    await writeFile(join(app, path), content);
  };
  const configure = (template: string | undefined): Promise<void> => {
    const main = {
      from: 'main',
      repo: shop.repo,
      set: { 'main/values.yaml': set },
      application: shop.name,
      ...delivery,
    };
    return write(
      'tagboat.yaml',
      stringify({
        ...(template === undefined ? {} : { tag: template }),
        ...config,
        argocd: { server: argocd.url, timeout: '5m', ...options.argocd },
        deliveries: { main },
      }),
    );
  };
  for (const [path, content] of Object.entries(files)) await write(path, content);
  await configure(tag);
  const env = { ARGOCD_AUTH_TOKEN: argocd.tokens.deployer, GITHUB_ACTIONS: 'false' };
  const run = (args: readonly string[], waiting: Shipping): Promise<Waited> =>
    watchRun(shop, waiting, (onLine) =>
      cli([...args, '--json'], { cwd: app, env: { ...env, ...waiting.env }, onLine }),
    );
  return {
    run,
    ship: async (shipping) => {
      if (shipping.tag !== undefined) await configure(shipping.tag);
      await git(app, 'add', '--all');
      const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];
      await git(app, ...who, 'commit', '--quiet', '--allow-empty', '--message', shipping.what);
      const source = (await git(app, 'rev-parse', 'HEAD')).trim();
      const waited = await run(['ship', ...(shipping.args ?? [])], shipping);
      const landed = waited.result.events.flatMap((event) => {
        if (event.type !== 'commit.finished') return [];
        const { outcome } = event;
        return outcome.is === 'landed' ? [outcome.commit] : outcome.is === 'unchanged' ? [outcome.tip] : [];
      });
      return { ...waited, source, commit: landed[0] ?? '' };
    },
  };
}
