import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers?: readonly { readonly digest: string }[];
  readonly manifests?: readonly { readonly digest: string; readonly platform?: { readonly architecture: string } }[];
}

/** What an image is to whoever runs it: every file with mode, owner and content, and how it starts. */
export interface Contents {
  /** By path: mode, owner, size and SHA-256 in one line. */
  readonly files: ReadonlyMap<string, string>;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Reads an image from a registry and unpacks it, layer over layer. */
export async function imageContents(registry: string, repository: string, tag: string): Promise<Contents> {
  const manifest = await manifestOf(registry, repository, tag);
  const config = (await (await blob(registry, repository, manifest.config.digest)).json()) as {
    readonly config: Readonly<Record<string, unknown>>;
  };
  const files = new Map<string, string>();
  for (const layer of manifest.layers ?? []) {
    const answer = await blob(registry, repository, layer.digest);
    if (answer.body === null) throw new Error(`${layer.digest} is empty.`);
    await unpack(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), files);
  }
  return { files, config: config.config };
}

/** Throws with the first difference between two images. Times, layers and label order don't count. */
export function assertSame(name: string, ours: Contents, theirs: Contents): void {
  const paths = new Set([...ours.files.keys(), ...theirs.files.keys()]);
  for (const path of paths) {
    const [our, their] = [ours.files.get(path), theirs.files.get(path)];
    if (our !== their)
      throw new Error(`${name}: ${path} is ${our ?? 'missing'} in ours, ${their ?? 'missing'} in docker's.`);
  }
  for (const key of ['Env', 'Cmd', 'Entrypoint', 'User', 'WorkingDir', 'ExposedPorts']) {
    const [our, their] = [ours, theirs].map((image) => JSON.stringify(image.config[key] ?? null));
    if (our !== their) throw new Error(`${name}: ${key} is ${our} in ours, ${their} in docker's.`);
  }
}

async function manifestOf(registry: string, repository: string, reference: string): Promise<Manifest> {
  const accept = [
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ].join(', ');
  const answer = await fetch(`${registry}/v2/${repository}/manifests/${reference}`, { headers: { accept } });
  if (!answer.ok) throw new Error(`${repository}:${reference} was not pushed: ${answer.status}`);
  const manifest = (await answer.json()) as Manifest;
  const [first] = manifest.manifests?.filter((one) => one.platform?.architecture !== 'unknown') ?? [];
  return first === undefined ? manifest : manifestOf(registry, repository, first.digest);
}

async function blob(registry: string, repository: string, digest: string): Promise<Response> {
  const answer = await fetch(`${registry}/v2/${repository}/blobs/${digest}`);
  if (!answer.ok) throw new Error(`${repository}@${digest}: ${answer.status}`);
  return answer;
}

async function unpack(layer: Readable, files: Map<string, string>): Promise<void> {
  const tar = extract();
  tar.on('entry', (header, stream, next) => {
    const hash = createHash('sha256');
    stream.on('data', (chunk) => hash.update(chunk as Buffer));
    stream.on('end', () => {
      const path = header.name.replace(/^\.?\//, '').replace(/\/$/, '');
      const { type, mode = 0, uid = 0, gid = 0, size = 0 } = header;
      files.set(path, `${type} ${(mode & 0o7777).toString(8)} ${uid}:${gid} ${size} bytes ${hash.digest('hex')}`);
      next();
    });
  });
  await pipeline(layer, createGunzip(), tar);
}
