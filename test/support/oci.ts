import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, onTestFinished } from 'vitest';
import { createHttp } from '../../src/wire/http/client.ts';
import { createOciClient, type OciClientOptions } from '../../src/wire/oci/client.ts';
import { digestOf } from '../../src/wire/oci/digest.ts';
import { OciFailure } from '../../src/wire/oci/failure.ts';
import { mediaTypes, toManifest } from '../../src/wire/oci/manifest.ts';
import type { BlobSource, Descriptor, ManifestBytes, OciClient } from '../../src/wire/oci/types.ts';
import { Secret } from '../../src/wire/secret.ts';
import { type HandClock, jumpingClock } from './world.ts';

export interface TestClient extends OciClient {
  readonly clock: HandClock;
  readonly masked: readonly string[];
  readonly notices: readonly string[];
  readonly abort: (reason: Error) => void;
}

/** A client for a loopback registry, on a clock that jumps, with every jitter at its half. */
export function clientOf(
  host: string,
  options: Partial<Omit<OciClientOptions, 'clock' | 'notice'>> & { readonly clock?: HandClock } = {},
): TestClient {
  const http = createHttp();
  onTestFinished(() => http.close());
  const clock = options.clock ?? jumpingClock();
  const controller = new AbortController();
  const masked: string[] = [];
  const notices: string[] = [];
  const client = createOciClient({
    http,
    random: () => 0.5,
    signal: controller.signal,
    host,
    insecure: true,
    credential: async () => undefined,
    mask: (secret) => void masked.push(secret),
    notice: (message) => void notices.push(message),
    ...options,
    clock,
  });
  return { ...client, clock, masked, notices, abort: (reason) => controller.abort(reason) };
}

/** Credentials to hand to a client. */
export function login(username: string, password: string): OciClientOptions['credential'] {
  return async () => ({ username, password: new Secret(password, 'password') });
}

/** Bytes that are the same for the same seed, and not compressible. */
export function bytesOf(seed: string, size: number): Buffer {
  const pieces: Buffer[] = [];
  for (let have = 0, i = 0; have < size; have += 64, i++) {
    pieces.push(createHash('sha512').update(`${seed} ${i}`).digest());
  }
  return Buffer.concat(pieces).subarray(0, size);
}

export interface TestBlob extends BlobSource {
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
  /** How often it was opened. */
  readonly opened: () => number;
}

/** A blob to push, handed out in pieces of 16 KiB. */
export function blobOf(bytes: Buffer, mediaType = 'application/octet-stream'): TestBlob {
  let opened = 0;
  const digest = digestOf(bytes);
  const size = bytes.byteLength;
  return {
    bytes,
    digest,
    size,
    descriptor: { mediaType, digest, size },
    open: () => {
      opened++;
      return Readable.from(slices(bytes, 16 * 1024), { objectMode: false });
    },
    opened: () => opened,
  };
}

function* slices(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

/** Pushes a config and one layer, and answers their image manifest, which isn't put yet. */
export async function pushParts(client: OciClient, repository: string, seed: string): Promise<ManifestBytes> {
  const config = blobOf(Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', seed, rootfs: {} })));
  const layer = blobOf(bytesOf(seed, 1_000));
  await client.pushBlob(repository, config);
  await client.pushBlob(repository, layer);
  return toManifest(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { ...config.descriptor, mediaType: 'application/vnd.oci.image.config.v1+json' },
    layers: [{ ...layer.descriptor, mediaType: 'application/vnd.oci.image.layer.v1.tar' }],
  });
}

/** The OciFailure that a promise ends in. */
export async function ociFailure(promise: Promise<unknown>): Promise<OciFailure> {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OciFailure);
  return error as OciFailure;
}

/** All of a stream. */
export async function all(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
