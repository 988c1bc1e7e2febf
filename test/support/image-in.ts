import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';

/** One entry of a layer. */
export interface LayerEntry {
  /** Without a leading `/` or `./`, empty for the root itself. */
  readonly path: string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** SHA-256 of the content, hex. */
  readonly hash: string;
  /** What a link leads to. */
  readonly link: string | undefined;
}

/** An image as its registry has it: how it starts, and its layers from the lowest. */
export interface Image {
  readonly config: Readonly<Record<string, unknown>>;
  readonly layers: readonly (readonly LayerEntry[])[];
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers?: readonly { readonly digest: string }[];
  readonly manifests?: readonly { readonly digest: string; readonly platform?: { readonly architecture: string } }[];
}

const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** Reads an image by the distribution spec's plainest requests; of an index, its first image. */
export async function imageIn(registry: string, repository: string, reference: string): Promise<Image> {
  const get = async (path: string): Promise<Response> => {
    const answer = await fetch(`${registry}/v2/${repository}/${path}`, { headers: { accept } });
    if (!answer.ok) throw new Error(`${repository} ${path}: ${answer.status}`);
    return answer;
  };
  const manifest = (await (await get(`manifests/${reference}`)).json()) as Manifest;
  // What BuildKit adds about a build stands in an index as an image of an unknown platform.
  const [child] = manifest.manifests?.filter((one) => one.platform?.architecture !== 'unknown') ?? [];
  if (child !== undefined) return imageIn(registry, repository, child.digest);
  const { config = {} } = (await (await get(`blobs/${manifest.config.digest}`)).json()) as Partial<Image>;
  const layers: LayerEntry[][] = [];
  for (const { digest } of manifest.layers ?? []) layers.push(await entriesOf(await get(`blobs/${digest}`)));
  return { config, layers };
}

async function entriesOf(layer: Response): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const tar = extract();
  tar.on('entry', (header, stream, next) => {
    const hash = createHash('sha256');
    stream.on('data', (chunk) => hash.update(chunk as Buffer));
    stream.on('end', () => {
      const path = header.name.replace(/^(\.?\/)+/, '').replace(/\/$/, '');
      const { type, mode = 0, uid = 0, gid = 0, size = 0, linkname } = header;
      const link = linkname ?? undefined;
      entries.push({ path, type: String(type), mode: mode & 0o7777, uid, gid, size, hash: hash.digest('hex'), link });
      next();
    });
  });
  const bytes = Buffer.from(await layer.arrayBuffer());
  const stream = Readable.from([bytes]);
  await (bytes[0] === 0x1f ? pipeline(stream, createGunzip(), tar) : pipeline(stream, tar));
  return entries;
}
