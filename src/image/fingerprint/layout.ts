import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { WireFailure } from '../../wire/failure.ts';
import { isObject } from '../../wire/fields.ts';
import { digestOf, isDigest } from '../../wire/oci/digest.ts';
import {
  type ImageIndex,
  type ImageManifest,
  mediaTypes,
  parseManifest,
  parseObject,
} from '../../wire/oci/manifest.ts';
import { baseConfig, type OciImageConfig } from '../base/config.ts';
import { fittest, readPlatform } from '../platform.ts';
import { sha256 } from './inputs.ts';
import { Undecided } from './undecided.ts';

/** An image in an OCI layout (OCI image spec, image-layout.md). */
export interface Layout {
  readonly dir: string;
  /** Undefined: `latest`. */
  readonly tag: string | undefined;
  /** Goes before the tag. */
  readonly digest: string | undefined;
}

const mostIndex = 4 * 1024 * 1024;
const mostBlob = 8 * 1024 * 1024;

/** What decides the image in an OCI layout: its digest, given or the only one, else its index. Throws Undecided. */
export async function layoutDigest({ dir, tag = 'latest', digest }: Layout): Promise<string> {
  if (digest !== undefined) return digest;
  const { text, listed } = await readIndex(dir);
  const [only] = listed;
  if (listed.length === 1 && only?.digest !== undefined) return only.digest;
  return sha256(JSON.stringify([tag, text]));
}

/** The config of an image in an OCI layout, for a platform. Every byte is held against its digest. Throws Undecided. */
export async function layoutConfig(layout: Layout, platform: string): Promise<OciImageConfig> {
  const { dir } = layout;
  let manifest = await readManifest(dir, layout.digest ?? (await chosen(layout)));
  if (manifest.is === 'index') {
    const fitting = fittest(manifest.manifests, readPlatform(platform));
    if (fitting === undefined) throw new Undecided(`${dir} has no image for ${platform}`);
    manifest = await readManifest(dir, fitting.digest);
  }
  if (manifest.is === 'index') throw new Undecided(`an index in ${dir} names another index`);
  const config = baseConfig(parseObject(await readBlob(dir, manifest.config.digest)));
  if (config === undefined) throw new Undecided(`the config of the image in ${dir} is not that of an image`);
  return config;
}

/** The digest of the image that buildx takes for a tag: the one so called, else the only one. */
async function chosen({ dir, tag = 'latest' }: Layout): Promise<string> {
  const { listed } = await readIndex(dir);
  const called = listed.filter(({ names }) => names.includes(tag));
  const [found] = called.length === 0 && listed.length === 1 ? listed : called.length === 1 ? called : [];
  if (found?.digest === undefined) throw new Undecided(`which image in ${dir} is called ${tag} can not be told`);
  return found.digest;
}

interface Listed {
  readonly digest: string | undefined;
  readonly names: readonly unknown[];
}

async function readIndex(dir: string): Promise<{ readonly text: string; readonly listed: readonly Listed[] }> {
  const bytes = await readBounded(join(dir, 'index.json'), mostIndex);
  const manifests: unknown = bytes === undefined ? undefined : parseObject(bytes)?.manifests;
  if (bytes === undefined || !Array.isArray(manifests)) throw new Undecided(`${dir} is no OCI layout`);
  return { text: bytes.toString('utf8'), listed: manifests.map(listedAs) };
}

function listedAs(value: unknown): Listed {
  const { digest, annotations } = isObject(value) ? value : {};
  const notes = isObject(annotations) ? annotations : {};
  return {
    digest: typeof digest === 'string' && isDigest(digest) ? digest : undefined,
    // The first is what containerd writes; buildx looks at both.
    names: [notes['io.containerd.image.name'], notes['org.opencontainers.image.ref.name']],
  };
}

async function readManifest(dir: string, digest: string): Promise<ImageManifest | ImageIndex> {
  const bytes = await readBlob(dir, digest);
  const value = parseObject(bytes) ?? {};
  const kind = 'manifests' in value ? mediaTypes.ociIndex : mediaTypes.ociManifest;
  const mediaType = typeof value.mediaType === 'string' ? value.mediaType : kind;
  try {
    return parseManifest({ mediaType, digest: digestOf(bytes), bytes });
  } catch (error) {
    if (error instanceof WireFailure && error.kind === 'malformed') throw new Undecided(`in ${dir}, ${error.message}`);
    throw error;
  }
}

async function readBlob(dir: string, digest: string): Promise<Buffer> {
  const [algorithm = '', hex = ''] = digest.split(':');
  const bytes = await readBounded(join(dir, 'blobs', algorithm, hex), mostBlob);
  if (bytes === undefined) throw new Undecided(`${dir} lacks ${digest}`);
  if (digestOf(bytes) !== digest) throw new Undecided(`what ${dir} has as ${digest} is something else`);
  return bytes;
}

/** A file's bytes; undefined when it can't be read or is larger than anything of its kind. */
async function readBounded(file: string, most: number): Promise<Buffer | undefined> {
  const there = await stat(file).catch(() => undefined);
  if (there?.isFile() !== true || there.size > most) return undefined;
  return readFile(file).catch(() => undefined);
}
