import { readBody } from '../http.ts';
import { isDigest } from './digest.ts';
import { OciFailure } from './failure.ts';
import { descriptorsIn, mediaTypes, parseObject, toManifest } from './manifest.ts';
import type { OciRepository } from './transport.ts';
import type { Descriptor, Digest, ManifestBytes } from './types.ts';
import { contentFrom, unusable } from './verify.ts';

const mostBytes = 4 * 1024 * 1024;

/** Reads and writes the manifests of one repository. */
export interface ManifestAccess {
  get(reference: string): Promise<ManifestBytes | undefined>;
  put(reference: string, manifest: ManifestBytes): Promise<void>;
}

/**
 * What refers to a manifest (OCI distribution spec 1.1, "Listing Referrers"): the first page of the registry's own list,
 * and what clients entered under the tag `sha256-…` because there was no list at their time.
 */
export async function listReferrers(
  at: OciRepository,
  manifests: Pick<ManifestAccess, 'get'>,
  digest: Digest,
): Promise<readonly Descriptor[]> {
  const listed = await askList(at, digest);
  const entered = descriptorsIn(await entriesOf(manifests, digest)) ?? [];
  return [...listed, ...entered.filter((one) => !listed.some((other) => other.digest === one.digest))];
}

/** A registry that doesn't know the question answers with whatever it has: a login page, another status, no list. */
async function askList(at: OciRepository, digest: Digest): Promise<readonly Descriptor[]> {
  try {
    return await at.transport.send(
      {
        method: 'GET',
        to: `/v2/${at.name}/referrers/${digest}`,
        scopes: [{ repository: at.name, access: 'pull' }],
        headers: { accept: mediaTypes.ociIndex },
        expect: [200],
        repeat: true,
        // The tag answers too: nobody waits for a list that is out of order.
        tries: 2,
      },
      async (response) => descriptorsIn(parseObject(await readBody(response, mostBytes))?.manifests) ?? [],
    );
  } catch (error) {
    if (error instanceof OciFailure && ['status', 'malformed', 'tooLarge'].includes(error.kind)) return [];
    throw error;
  }
}

/** The manifest that a manifest refers to, where it does. */
export function subjectOf({ bytes }: ManifestBytes): Digest | undefined {
  const subject = parseObject(bytes)?.subject as { digest?: unknown } | undefined;
  return typeof subject?.digest === 'string' && isDigest(subject.digest) ? subject.digest : undefined;
}

// Another writer's list takes ours away when it was read before ours was there: by then it has been sent.
const settleMs = 250;
const mostRounds = 8;

/**
 * Enters a manifest in the list under its subject's tag ("Referrers Tag Schema"), for a registry that keeps no list
 * itself. Nothing guards that tag: what was written is read again, at once and after a while, and entered again where
 * another writer's list has taken its place. For what is found by a tag of its own too, nobody waits for that while.
 * Throws OciFailure where something else stands under that tag.
 */
export async function enterReferrer(
  at: OciRepository,
  manifests: ManifestAccess,
  subject: Digest,
  { mediaType, digest, bytes }: ManifestBytes,
  isTagged = false,
): Promise<void> {
  const { artifactType, config, annotations } = parseObject(bytes) ?? {};
  const type = artifactType ?? (config as { mediaType?: unknown } | undefined)?.mediaType;
  const entry = { mediaType, digest, size: bytes.byteLength, artifactType: type, annotations };
  let seen: number | undefined;
  for (let round = 0; round < mostRounds; round++) {
    const entries = await entriesOf(manifests, subject);
    if (entries === undefined) {
      const url = new URL(`/v2/${at.name}/manifests/${tagOf(subject)}`, at.transport.origin);
      throw unusable(contentFrom(url, at), `holds no list of referrers under ${tagOf(subject)}`);
    }
    if (entries.some((one) => (one as { digest?: unknown } | null)?.digest === digest)) {
      // Entered by an earlier run, or seen often enough since it was entered by this one.
      if (seen === undefined || seen === 1 || isTagged) return;
      seen = 1;
      await at.transport.clock.sleep(settleMs * (1 + at.transport.random()), at.transport.signal);
      continue;
    }
    const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [...entries, entry] };
    await manifests.put(tagOf(subject), toManifest(mediaTypes.ociIndex, index));
    seen = 0;
  }
}

function tagOf(digest: Digest): string {
  return digest.replace(':', '-');
}

/** The entries under a subject's tag as they stand there; undefined when something else does. */
async function entriesOf(
  manifests: Pick<ManifestAccess, 'get'>,
  subject: Digest,
): Promise<readonly unknown[] | undefined> {
  const found = await manifests.get(tagOf(subject));
  // GitLab reads the tag as the digest, and answers with the image itself.
  if (found === undefined || found.digest === subject) return [];
  const list = found.mediaType === mediaTypes.ociIndex ? (parseObject(found.bytes)?.manifests ?? []) : undefined;
  return Array.isArray(list) ? list : undefined;
}
