import { buffer } from 'node:stream/consumers';
import { parseManifest, parseObject } from '../../wire/oci/manifest.ts';
import type { Digest, ManifestBytes, OciClient } from '../../wire/oci/types.ts';
import type { Clock } from '../../wire/world.ts';
import { readArtifact, sendArtifact } from '../artifact.ts';
import type { Fingerprint } from './fingerprint.ts';
import { type InputKind, sha256 } from './inputs.ts';

/** An input as it was; of its value the beginning of its hash. */
export interface RecordedInput {
  readonly kind: InputKind;
  readonly name: string;
  readonly digest: string;
}

/** What went into an image, as it is kept beside it. */
export interface InputRecord {
  /** 64 hex digits. Without inputs: of what could be told of an undecided one, which is no fingerprint. */
  readonly fingerprint: string;
  readonly inputs: readonly RecordedInput[];
  /** Inputs that had no room. */
  readonly leftOut: number;
}

const type = 'application/vnd.tagboat.inputs.v1+json';
const created = 'org.opencontainers.image.created';
const mostBytes = 256 * 1024;
// Enough to tell a change by; the fingerprint itself is whole.
const digits = 16;

/** Where an image's record lies: a tag beside it that has its digest in it, as signatures have theirs. */
export function recordTag(digest: Digest): string {
  return `inputs-${digest.slice('sha256:'.length)}`;
}

/** Keeps what went into an image as an artifact beside it. Throws WireFailure. */
export async function writeRecord(
  client: OciClient,
  repository: string,
  image: ManifestBytes,
  fingerprint: Pick<Fingerprint, 'hash' | 'inputs'>,
  clock: Clock,
): Promise<void> {
  const annotations = { [created]: new Date(clock.now()).toISOString() };
  const subject = { ...image, size: image.bytes.byteLength };
  const manifest = await sendArtifact(client, repository, subject, {
    ...{ type, bytes: recordBytes(fingerprint), annotations },
  });
  await client.putManifest(repository, recordTag(image.digest), manifest);
}

/** The record of an image, or undefined when there is none. Throws WireFailure. */
export async function readRecord(
  client: OciClient,
  repository: string,
  digest: Digest,
): Promise<InputRecord | undefined> {
  const record = await readArtifact(client, repository, recordTag(digest), { type, most: 2 * mostBytes });
  return record && recordIn(parseObject(record));
}

/** When an image was built, milliseconds since the epoch, by its record or its config. Throws WireFailure. */
export async function builtAt(
  client: OciClient,
  repository: string,
  image: ManifestBytes,
): Promise<number | undefined> {
  const record = await client.getManifest(repository, recordTag(image.digest));
  const annotations = record === undefined ? undefined : parseObject(record.bytes)?.annotations;
  return (
    timeOf((annotations as Record<string, unknown> | undefined)?.[created]) ?? configTime(client, repository, image)
  );
}

async function configTime(client: OciClient, repository: string, image: ManifestBytes): Promise<number | undefined> {
  let manifest = parseManifest(image);
  if (manifest.is === 'index') {
    const first = manifest.manifests.find(({ platform }) => platform?.os !== 'unknown');
    const child = first === undefined ? undefined : await client.getManifest(repository, first.digest);
    if (child === undefined) return undefined;
    manifest = parseManifest(child);
  }
  if (manifest.is === 'index' || manifest.config.size > 4 * 1024 * 1024) return undefined;
  return timeOf(parseObject(await buffer(await client.getBlob(repository, manifest.config)))?.created);
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function recordBytes({ hash, inputs }: Pick<Fingerprint, 'hash' | 'inputs'>): Buffer {
  const lines: [string, string, string][] = [];
  let room = mostBytes;
  for (const { kind, name, value } of inputs) {
    const line: [string, string, string] = [kind, name, shortDigest(value)];
    room -= Buffer.byteLength(JSON.stringify(line)) + 1;
    if (room < 0) break;
    lines.push(line);
  }
  return Buffer.from(JSON.stringify({ fingerprint: hash, leftOut: inputs.length - lines.length, inputs: lines }));
}

const kinds: readonly string[] = ['base image', 'instruction', 'argument', 'file', 'setting'] satisfies InputKind[];

function recordIn(value: Record<string, unknown> | undefined): InputRecord | undefined {
  const { fingerprint, leftOut, inputs } = value ?? {};
  if (typeof fingerprint !== 'string' || typeof leftOut !== 'number' || !Array.isArray(inputs)) return undefined;
  const read = inputs.flatMap((line: unknown): RecordedInput[] => {
    if (!Array.isArray(line) || !line.every((part) => typeof part === 'string')) return [];
    const [kind = '', name = '', digest = ''] = line;
    return kinds.includes(kind) ? [{ kind: kind as InputKind, name, digest }] : [];
  });
  return { fingerprint, leftOut, inputs: read };
}

function shortDigest(value: string): string {
  return sha256(value).slice(0, digits);
}

/** One input that isn't as it was. */
export interface InputChange {
  readonly kind: InputKind;
  readonly name: string;
  readonly how: 'changed' | 'added' | 'removed';
}

/** What differs between the inputs of an earlier image and those of now. Pure. */
export function changedInputs(before: InputRecord, now: Fingerprint): readonly InputChange[] {
  const key = ({ kind, name }: Pick<RecordedInput, 'kind' | 'name'>) => `${kind} ${name}`;
  const earlier = new Map(before.inputs.map((input) => [key(input), input]));
  const changes: InputChange[] = [];
  for (const input of now.inputs) {
    const { kind, name, value } = input;
    const was = earlier.get(key(input));
    earlier.delete(key(input));
    if (was === undefined) changes.push({ kind, name, how: 'added' });
    else if (was.digest !== shortDigest(value)) changes.push({ kind, name, how: 'changed' });
  }
  for (const { kind, name } of earlier.values()) changes.push({ kind, name, how: 'removed' });
  // An order is an input too, and has no name.
  return changes;
}
