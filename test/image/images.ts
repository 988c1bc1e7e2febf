import { chmod, link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildImage } from '../../src/image/image.ts';
import { createImageRun, type ImageRun, type ImageRunOptions } from '../../src/image/run.ts';
import type { NamedContext } from '../../src/plan/image.ts';
import type { ImagePushed } from '../../src/plan/outcome.ts';
import type { ImagePlan, Source } from '../../src/plan.ts';
import { imageIn, type LayerEntry } from '../support/image-in.ts';
import type { TestWorld } from '../support/world.ts';

/** What to write into a context: text, or more than text. */
export type Content =
  | string
  | {
      readonly text?: string;
      readonly bytes?: Uint8Array;
      readonly mode?: number;
      readonly link?: string;
      readonly hard?: string;
    };
export type Files = Readonly<Record<string, Content>>;

export async function writeContext(dir: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(dir, path);
    await mkdir(dirname(file), { recursive: true });
    if (typeof content !== 'string' && content.link !== undefined) await symlink(content.link, file);
    else if (typeof content !== 'string' && content.hard !== undefined) await link(join(dir, content.hard), file);
    else await writeFile(file, typeof content === 'string' ? content : (content.bytes ?? content.text ?? ''));
    if (typeof content !== 'string' && content.mode !== undefined) await chmod(file, content.mode);
    else if (typeof content === 'string') await chmod(file, 0o644);
  }
}

export const source: Source = {
  dir: '/',
  url: 'https://git.example.test/acme/app',
  commit: '1234567890abcdef1234567890abcdef12345678',
  branch: 'main',
  subject: 'A commit',
  author: { name: 'A', email: 'a@example.test' },
  committedAt: '2024-01-31T12:00:00Z',
  dirty: false,
  runUrl: undefined,
};

export function planFor(host: string, dir: string, more: Partial<ImagePlan> = {}): ImagePlan {
  return {
    name: 'app',
    registry: { host, prefix: '', login: 'anonymous', insecure: true },
    repository: 'app',
    tag: 't',
    dockerfile: join(dir, 'Dockerfile'),
    context: dir,
    target: undefined,
    args: {},
    platforms: ['linux/amd64'],
    engine: 'assemble',
    builder: undefined,
    cache: false,
    ...more,
  };
}

/** Named contexts as a config has them, their folders in `dir`; `names` fills in the images' names. */
export function contextsIn(
  dir: string,
  contexts: Readonly<Record<string, string>> = {},
  names: (text: string) => string = (text) => text,
): NamedContext[] {
  return Object.entries(contexts).map(([key, where]) => {
    const name = names(key);
    const image = /^docker-image:\/\/(.+)$/.exec(where)?.[1];
    if (image !== undefined) return { name, is: 'image', reference: names(image) };
    const layout = /^oci-layout:\/\/(.+)$/.exec(where)?.[1];
    if (layout !== undefined) return { name, is: 'layout', dir: join(dir, layout), tag: undefined, digest: undefined };
    return /^https?:/.test(where) ? { name, is: 'fetched', url: where } : { name, is: 'folder', dir: join(dir, where) };
  });
}

export function build(
  world: TestWorld,
  image: ImagePlan,
  about: Partial<Source> = {},
  more: Partial<ImageRunOptions> = {},
): Promise<ImagePushed> {
  return buildImage(imageRun(world, { source: { ...source, ...about }, ...more }), image);
}

/** A run that asks every registry anonymously. */
export function imageRun(world: TestWorld, more: Partial<ImageRunOptions> = {}): ImageRun {
  return createImageRun(world, world.emit, { source, credential: async () => undefined, ...more });
}

/** An image as it is in its registry: every file after all layers, and what decides how it runs. */
export interface Contents {
  /** `type mode uid:gid size` and the content's hash or the link's target, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, unknown>>;
}

export async function contentsOf(host: string, repository: string, reference: string): Promise<Contents> {
  const image = await imageIn(`http://${host}`, repository, reference);
  const files = new Map<string, string>();
  for (const layer of image.layers) lay(layer, files);
  const keys = ['Env', 'Cmd', 'Entrypoint', 'WorkingDir', 'User', 'ExposedPorts', 'Labels', 'Volumes', 'StopSignal'];
  const shown = [...keys, 'Healthcheck', 'Shell', 'OnBuild'].flatMap((key) => {
    const value = image.config[key];
    const empty = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
    return empty || (key === 'Labels' && Object.keys(value as object).length === 0) ? [] : [[key, value] as const];
  });
  return { files: Object.fromEntries([...files].sort()), config: Object.fromEntries(shown) };
}

/** Lays one layer over what is below it, as Docker does: it unpacks each by itself, and makes the folders it misses. */
function lay(layer: readonly LayerEntry[], files: Map<string, string>): void {
  const made = new Set<string>();
  for (const { path, type, mode, uid, gid, size, hash, link } of layer) {
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
      const above = path.slice(0, end);
      if (!made.has(above)) files.set(above, 'directory 755 0:0');
      made.add(above);
    }
    made.add(path);
    if (/(^|\/)\.wh\.([^/]+)$/.test(path)) {
      const gone = path.replace(/\.wh\./, '');
      for (const known of [...files.keys()]) if (known === gone || known.startsWith(`${gone}/`)) files.delete(known);
    } else if (type === 'link' && link !== undefined) {
      // Another name of a file in the same layer.
      files.set(path, files.get(link.replace(/^(\.?\/)+/, '')) ?? 'a link to nothing');
    } else if (path !== '') {
      const content = type === 'file' ? `${size} ${hash.slice(0, 16)}` : (link ?? '');
      files.set(path, `${type} ${mode.toString(8)} ${uid}:${gid} ${content}`.trimEnd());
    }
  }
}
