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
  ship(waiting: Waiting & { readonly env?: Readonly<Record<string, string>> }): Promise<Shipped>;
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
  const text = stringify({
    ...(tag === undefined ? {} : { tag }),
    ...config,
    argocd: { server: argocd.url, timeout: '2m', ...options.argocd },
    deliveries: {
      main: { from: 'main', repo: shop.repo, set: { 'main/values.yaml': set }, application: shop.name, ...delivery },
    },
  });
  for (const [path, content] of Object.entries({ ...files, 'tagboat.yaml': text })) {
    await mkdir(dirname(join(app, path)), { recursive: true });
    await writeFile(join(app, path), content);
  }
  return {
    ship: async (waiting) => {
      await git(app, 'add', '--all');
      const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];
      await git(app, ...who, 'commit', '--quiet', '--allow-empty', '--message', waiting.what);
      const source = (await git(app, 'rev-parse', 'HEAD')).trim();
      const env = { ARGOCD_AUTH_TOKEN: argocd.tokens.deployer, GITHUB_ACTIONS: 'false', ...waiting.env };
      const waited = await watchRun(shop, waiting, (onLine) => cli(['ship', '--json'], { cwd: app, env, onLine }));
      const landed = waited.result.events.flatMap((event) => {
        if (event.type !== 'commit.finished') return [];
        const { outcome } = event;
        return outcome.is === 'landed' ? [outcome.commit] : outcome.is === 'unchanged' ? [outcome.tip] : [];
      });
      return { ...waited, source, commit: landed[0] ?? '' };
    },
  };
}
