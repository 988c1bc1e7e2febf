import { WireFailure } from '../failure.ts';
import { isObject } from '../fields.ts';
import { digestOf, isDigest } from './digest.ts';
import type { Descriptor, ManifestBytes } from './types.ts';

/** Media types of manifests and indexes, OCI's and Docker's. */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

export interface ImageManifest {
  readonly is: 'image';
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface ImageIndex {
  readonly is: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
}

/** A value as the bytes to put, with their digest. */
export function toManifest(mediaType: string, value: unknown): ManifestBytes {
  const bytes = Buffer.from(JSON.stringify(value));
  return { mediaType, digest: digestOf(bytes), bytes };
}

/** What a manifest or index says. Throws WireFailure `malformed` for anything but the four media types' shapes. */
export function parseManifest({ mediaType, digest, bytes }: ManifestBytes): ImageManifest | ImageIndex {
  const bad = (why: string) => new WireFailure('malformed', digest, { message: `the manifest ${digest} ${why}` });
  const value = parseObject(bytes);
  if (value === undefined) throw bad('is not a JSON object');
  // Read as the other kind, the same bytes would mean another image (CVE-2021-41190).
  if (value.mediaType !== undefined && value.mediaType !== mediaType) throw bad('names another media type');
  const index = mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerList;
  if (!index && mediaType !== mediaTypes.ociManifest && mediaType !== mediaTypes.dockerManifest) {
    throw bad(`is of a kind that is not known here: ${mediaType}`);
  }
  if (index ? 'layers' in value || 'config' in value : 'manifests' in value)
    throw bad('is an image and an index at once');
  if (index) {
    const manifests = descriptorsIn(value.manifests);
    if (manifests === undefined) throw bad('has no list of manifests');
    return { is: 'index', mediaType, manifests };
  }
  const config = descriptor(value.config);
  const layers = descriptorsIn(value.layers);
  if (config === undefined || layers === undefined) throw bad('lacks its config or layers');
  return { is: 'image', mediaType, config, layers };
}

/** The bytes as a JSON object, or undefined, also where more stands inside of each other than anybody writes. */
export function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isObject(value) && !isDeep(bytes) ? value : undefined;
  } catch {
    return undefined;
  }
}

const deepest = 256;

/** What walks such values does so by recursion, which a few thousand levels end. */
function isDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < bytes.byteLength; at++) {
    const byte = bytes[at];
    if (quoted && byte === 0x5c) at++;
    else if (byte === 0x22) quoted = !quoted;
    else if (!quoted && (byte === 0x5b || byte === 0x7b) && ++depth > deepest) return true;
    else if (!quoted && (byte === 0x5d || byte === 0x7d)) depth--;
  }
  return false;
}

/** A list of descriptors, or undefined when something in it is none. */
export function descriptorsIn(value: unknown): Descriptor[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const all = value.map(descriptor).filter((one) => one !== undefined);
  return all.length === value.length ? all : undefined;
}

function descriptor(value: unknown): Descriptor | undefined {
  if (!isObject(value)) return undefined;
  const { mediaType, digest, size, annotations, artifactType, urls } = value;
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || !isDigest(digest)) return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
  const notes = isObject(annotations)
    ? Object.fromEntries(
        Object.entries(annotations).filter((note): note is [string, string] => typeof note[1] === 'string'),
      )
    : undefined;
  return {
    mediaType,
    digest,
    size,
    platform: platformOf(value.platform),
    annotations: notes,
    artifactType: typeof artifactType === 'string' ? artifactType : undefined,
    urls: Array.isArray(urls) ? urls.filter((url) => typeof url === 'string') : undefined,
  };
}

function platformOf(value: unknown): Descriptor['platform'] {
  if (!isObject(value)) return undefined;
  const { os, architecture, variant } = value;
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
  return { os, architecture, ...(typeof variant === 'string' && variant !== '' ? { variant } : {}) };
}
