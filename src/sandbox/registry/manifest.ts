import { at, isObject, jsonIn, textAt } from '../../wire/fields.ts';
import { digestOf, isDigest } from '../../wire/oci/digest.ts';
import { isTag } from '../../wire/oci/reference.ts';
import type { Digest } from '../../wire/oci/types.ts';
import {
  collectBody,
  jsonAnswer,
  noRepository,
  type RegistryAnswer,
  type RepositoryCall,
  registryRefusal,
} from './answer.ts';
import type { Store } from './store.ts';

/** What the registry takes. */
export interface ManifestRules {
  /** A tag never means another digest: such a PUT is refused as ECR does. */
  readonly immutableTags: boolean;
  /** Tags that one image may have; another one is refused as ECR does. Default: any number. */
  readonly mostTags: number;
  /** Pushing makes the repository. Default true; ECR wants it to be there. */
  readonly createOnPush: boolean;
  /** It lists what refers to a manifest. Default true; without, clients enter it under the tag `sha256-…`. */
  readonly referrers: boolean;
}

/** Manifests and indexes: PUT, GET, HEAD, DELETE by tag or digest. */
export async function serveManifest(
  call: RepositoryCall,
  reference: string,
  store: Store,
  rules: ManifestRules,
): Promise<RegistryAnswer> {
  const { repository } = call;
  if (!isDigest(reference) && !isTag(reference))
    return registryRefusal(400, 'TAG_INVALID', `${reference} is not a tag.`);
  if (call.method === 'PUT') return put(call, reference, store, rules);
  const found = store.manifest(repository, reference);
  if (found === undefined) {
    return store.hasRepository(repository)
      ? registryRefusal(404, 'MANIFEST_UNKNOWN', `${repository} has no manifest ${reference}.`)
      : noRepository(repository);
  }
  if (call.method === 'DELETE') {
    if (isDigest(reference)) store.deleteManifest(repository, reference);
    else store.untag(repository, reference);
    return { status: 202 };
  }
  const headers = {
    'content-type': found.mediaType,
    'content-length': String(found.size),
    'docker-content-digest': found.digest,
  };
  if (call.method === 'HEAD') return { status: 200, headers };
  if (call.method === 'GET') return { status: 200, headers, body: store.read(found.digest) };
  return registryRefusal(405, 'UNSUPPORTED', `${call.method} is not for manifests.`);
}

async function put(
  { repository, headers, body }: RepositoryCall,
  reference: string,
  store: Store,
  rules: ManifestRules,
): Promise<RegistryAnswer> {
  if (!rules.createOnPush && !store.hasRepository(repository)) return noRepository(repository);
  const bytes = await collectBody(body, 4 * 1024 * 1024);
  if (bytes === undefined) return registryRefusal(413, 'SIZE_INVALID', 'A manifest has at most 4 MiB.');
  const digest = digestOf(bytes);
  if (isDigest(reference) && reference !== digest) {
    return registryRefusal(400, 'DIGEST_INVALID', `The manifest is ${digest}, not ${reference}.`);
  }
  const manifest = parse(bytes);
  if (manifest === undefined) return registryRefusal(400, 'MANIFEST_INVALID', 'The manifest is not a JSON object.');
  const mediaType = headers['content-type'] ?? '';
  if (mediaType === '' || (typeof manifest.mediaType === 'string' && manifest.mediaType !== mediaType)) {
    return registryRefusal(400, 'MANIFEST_INVALID', `The content type ${mediaType} is not the manifest's own.`);
  }
  const missing = [
    ...blobs(manifest).filter((blob) => store.blobSize(repository, blob) === undefined),
    ...digests(manifest.manifests).filter((child) => store.manifest(repository, child) === undefined),
  ];
  if (missing.length > 0)
    return registryRefusal(400, 'MANIFEST_BLOB_UNKNOWN', `${repository} lacks ${missing.join(', ')}.`);

  if (!isDigest(reference)) {
    const held = store.manifest(repository, reference)?.digest;
    if (rules.immutableTags && held !== undefined && held !== digest) return immutable(repository, reference);
    const others = store.tags(repository).filter((tag) => tag !== reference);
    if (others.filter((tag) => store.manifest(repository, tag)?.digest === digest).length >= rules.mostTags) {
      return registryRefusal(403, 'DENIED', `${digest} has the ${rules.mostTags} tags that one image may have.`);
    }
    store.putManifest(repository, digest, mediaType, bytes);
    if (store.tag(repository, reference, digest, rules.immutableTags) === 'immutable') {
      return immutable(repository, reference);
    }
  } else store.putManifest(repository, digest, mediaType, bytes);
  const subject = rules.referrers ? subjectOf(manifest) : undefined;
  return {
    status: 201,
    headers: {
      location: `/v2/${repository}/manifests/${digest}`,
      'docker-content-digest': digest,
      ...(subject === undefined ? {} : { 'oci-subject': subject }),
    },
  };
}

/** What refers to a manifest (distribution spec 1.1), of one artifact type where one is asked for. */
export function serveReferrers(call: RepositoryCall, digest: string, store: Store): RegistryAnswer {
  if (call.method !== 'GET') return registryRefusal(405, 'UNSUPPORTED', `${call.method} is not for referrers.`);
  if (!isDigest(digest)) return registryRefusal(400, 'DIGEST_INVALID', `${digest} is not a sha256 digest.`);
  const type = call.url.searchParams.get('artifactType');
  const manifests = store.manifests(call.repository).flatMap(({ digest: own, mediaType, size }) => {
    const manifest = parse(store.bytes(own));
    if (manifest === undefined || subjectOf(manifest) !== digest) return [];
    const { annotations, config } = manifest;
    const artifactType = manifest.artifactType ?? (config as { mediaType?: unknown } | undefined)?.mediaType;
    return type === null || type === artifactType ? [{ mediaType, digest: own, size, artifactType, annotations }] : [];
  });
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  return jsonAnswer(
    200,
    { schemaVersion: 2, mediaType, manifests },
    { 'content-type': mediaType, ...(type === null ? {} : { 'oci-filters-applied': 'artifactType' }) },
  );
}

function subjectOf({ subject }: Record<string, unknown>): Digest | undefined {
  return digests([subject])[0];
}

/** As ECR words it. */
function immutable(repository: string, tag: string): RegistryAnswer {
  return registryRefusal(400, 'TAG_INVALID', `The tag ${tag} exists in ${repository}, whose tags are immutable.`);
}

function parse(bytes: Buffer): Record<string, unknown> | undefined {
  const value = jsonIn(bytes.toString());
  return isObject(value) ? value : undefined;
}

/** Config and layers. A layer with `urls` lies elsewhere and is nobody's to push. */
function blobs(manifest: Record<string, unknown>): Digest[] {
  const layers = Array.isArray(manifest.layers) ? (manifest.layers as unknown[]) : [];
  const pushed = layers.filter((layer) => at(layer, 'urls') === undefined);
  return digests([manifest.config, ...pushed]);
}

function digests(descriptors: unknown): Digest[] {
  if (!Array.isArray(descriptors)) return [];
  return descriptors.map((one: unknown) => textAt(one, 'digest')).filter(isDigest);
}
