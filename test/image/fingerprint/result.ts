import { contentsOf } from '../images.ts';

interface Manifest {
  readonly config: { readonly digest: string };
  readonly manifests?: readonly {
    readonly digest: string;
    readonly platform?: { readonly os: string; readonly architecture: string };
  }[];
}

/**
 * What a build came to, for each platform: the whole config and every file after all layers. Times are left out, and
 * so are the layers' own ids, which have times in them.
 */
export async function resultOf(host: string, repository: string, reference: string): Promise<unknown> {
  const manifest = await get<Manifest>(host, `${repository}/manifests/${reference}`);
  if (manifest.manifests === undefined) return [await imageOf(host, repository, reference)];
  const images: [string, unknown][] = [];
  for (const { digest, platform } of manifest.manifests) {
    if (platform?.os === 'unknown') continue;
    images.push([JSON.stringify(platform), await imageOf(host, repository, digest)]);
  }
  return images.sort(([a], [b]) => (a < b ? -1 : 1));
}

async function imageOf(host: string, repository: string, reference: string): Promise<unknown> {
  const { config: descriptor } = await get<Manifest>(host, `${repository}/manifests/${reference}`);
  const config = await get<Record<string, unknown>>(host, `${repository}/blobs/${descriptor.digest}`);
  const { files } = await contentsOf(host, repository, reference);
  const { created, rootfs, history, ...rest } = config;
  const steps = (history as Record<string, unknown>[] | undefined)?.map(({ created: time, ...step }) => step);
  return { files, config: rest, history: steps };
}

const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

async function get<T>(host: string, path: string): Promise<T> {
  const answer = await fetch(`http://${host}/v2/${path}`, { headers: { accept } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return (await answer.json()) as T;
}
