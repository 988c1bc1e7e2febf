import { createHash } from 'node:crypto';
import { chmod, link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { buildImage } from '../../src/build/build.ts';
import type { BuildContext } from '../../src/build/shelves.ts';
import type { ImageOutcome, ImagePlan, Source } from '../../src/plan.ts';
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

export function build(world: TestWorld, image: ImagePlan, about: Partial<Source> = {}): Promise<ImageOutcome> {
  const context: BuildContext = { source: { ...source, ...about }, credential: async () => undefined };
  return buildImage(world, world.emit, image, context);
}

/** An image as it is in its registry: every file after all layers, and what decides how it runs. */
export interface Contents {
  /** `type mode uid:gid size` and the content's hash or the link's target, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, unknown>>;
}

interface Manifest {
  readonly manifests?: readonly { readonly digest: string }[];
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

export async function contentsOf(host: string, repository: string, reference: string): Promise<Contents> {
  const get = async (path: string): Promise<Response> => {
    const answer = await fetch(`http://${host}/v2/${repository}/${path}`, { headers: { accept } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer;
  };
  let manifest = (await (await get(`manifests/${reference}`)).json()) as Manifest;
  const [child] = manifest.manifests ?? [];
  if (child !== undefined) manifest = (await (await get(`manifests/${child.digest}`)).json()) as Manifest;
  const config = (await (await get(`blobs/${manifest.config.digest}`)).json()) as { config?: Record<string, unknown> };
  const files = new Map<string, string>();
  for (const layer of manifest.layers) await unpack(await get(`blobs/${layer.digest}`), files);
  const keys = ['Env', 'Cmd', 'Entrypoint', 'WorkingDir', 'User', 'ExposedPorts', 'Labels', 'Volumes', 'StopSignal'];
  const shown = [...keys, 'Healthcheck', 'Shell', 'OnBuild'].flatMap((key) => {
    const value = config.config?.[key];
    const empty = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
    return empty || (key === 'Labels' && Object.keys(value as object).length === 0) ? [] : [[key, value] as const];
  });
  return { files: Object.fromEntries([...files].sort()), config: Object.fromEntries(shown) };
}

async function unpack(layer: Response, files: Map<string, string>): Promise<void> {
  const tar = extract();
  tar.on('entry', (header, stream, next) => {
    const hash = createHash('sha256');
    stream.on('data', (chunk) => hash.update(chunk as Buffer));
    stream.on('end', () => {
      const path = header.name.replace(/^(\.?\/)+/, '').replace(/\/$/, '');
      const { type, mode = 0, uid = 0, gid = 0, size = 0 } = header;
      const whiteout = /(^|\/)\.wh\.([^/]+)$/.exec(path);
      if (whiteout !== null) {
        const gone = path.replace(/\.wh\./, '');
        for (const known of [...files.keys()]) if (known === gone || known.startsWith(`${gone}/`)) files.delete(known);
      } else if (type === 'link' && header.linkname != null) {
        // Another name of a file in the same layer.
        files.set(path, files.get(header.linkname.replace(/^(\.?\/)+/, '')) ?? 'a link to nothing');
      } else if (path !== '') {
        const content = type === 'file' ? `${size} ${hash.digest('hex').slice(0, 16)}` : (header.linkname ?? '');
        files.set(path, `${type} ${(mode & 0o7777).toString(8)} ${uid}:${gid} ${content}`.trimEnd());
      }
      next();
    });
  });
  if (layer.body === null) throw new Error('a layer without a body');
  const bytes = Buffer.from(await layer.arrayBuffer());
  const stream = Readable.from([bytes]);
  await (bytes[0] === 0x1f ? pipeline(stream, createGunzip(), tar) : pipeline(stream, tar));
}
