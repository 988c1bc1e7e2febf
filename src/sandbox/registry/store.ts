import {
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { isDigest } from '../../wire/oci/digest.ts';
import type { Digest } from '../../wire/oci/types.ts';

interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
}

type Tagging = 'tagged' | 'immutable';

/**
 * What a registry holds, on disk. Content lies once in `blobs/sha256/`; a repository is a folder of small files that
 * say which content it has (`_blobs`, `_manifests`) and what its tags mean (`_tags`). No part of a repository's name
 * can begin with an underscore. The small files are read and written synchronously: nothing comes between a look at a
 * tag and its change.
 */
export interface Store {
  /** Where uploads gather, on the same file system. */
  readonly uploads: string;
  hasRepository(repository: string): boolean;
  createRepository(repository: string): void;
  repositories(): string[];
  /** Bytes of a blob that the repository has. */
  blobSize(repository: string, digest: Digest): number | undefined;
  linkBlob(repository: string, digest: Digest): void;
  unlinkBlob(repository: string, digest: Digest): boolean;
  /** Moves a file whose digest was verified to its place. */
  adopt(file: string, digest: Digest): void;
  read(digest: Digest, range?: { readonly start: number; readonly end: number }): Readable;
  manifest(repository: string, reference: string): StoredManifest | undefined;
  /** All manifests of a repository. */
  manifests(repository: string): StoredManifest[];
  bytes(digest: Digest): Buffer;
  putManifest(repository: string, digest: Digest, mediaType: string, bytes: Uint8Array): void;
  /** Removes the manifest and the tags that mean it. */
  deleteManifest(repository: string, digest: Digest): boolean;
  tag(repository: string, tag: string, digest: Digest, immutable: boolean): Tagging;
  untag(repository: string, tag: string): boolean;
  tags(repository: string): string[];
}

/** Opens (or begins) a store in a folder. */
export function openStore(dir: string): Store {
  const uploads = join(dir, 'uploads');
  const root = join(dir, 'repositories');
  mkdirSync(uploads, { recursive: true });
  mkdirSync(root, { recursive: true });
  const blobPath = (digest: Digest) => join(dir, 'blobs', 'sha256', digest.slice(7, 9), digest.slice(7));
  const mark = (repository: string, kind: string, name: string) => join(root, repository, kind, name);
  let written = 0;

  /** Whole or not at all, also when the process ends in the middle. */
  const write = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(path), { recursive: true });
    const draft = join(uploads, `draft-${process.pid}-${written++}`);
    writeFileSync(draft, content);
    renameSync(draft, path);
  };

  const store: Store = {
    uploads,
    hasRepository: (repository) => exists(join(root, repository, '_tags')),
    createRepository: (repository) => void mkdirSync(join(root, repository, '_tags'), { recursive: true }),
    repositories: () =>
      readdirSync(root, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('/_tags'))
        .map((path) => path.slice(0, -'/_tags'.length))
        .sort(),
    blobSize: (repository, digest) =>
      exists(mark(repository, '_blobs', digest.slice(7))) ? size(blobPath(digest)) : undefined,
    linkBlob: (repository, digest) => write(mark(repository, '_blobs', digest.slice(7)), ''),
    unlinkBlob: (repository, digest) => remove(mark(repository, '_blobs', digest.slice(7))),
    adopt: (file, digest) => {
      mkdirSync(dirname(blobPath(digest)), { recursive: true });
      renameSync(file, blobPath(digest));
    },
    read: (digest, range) => createReadStream(blobPath(digest), range),
    manifest: (repository, reference) => {
      const digest = isDigest(reference) ? reference : text(mark(repository, '_tags', reference));
      if (!isDigest(digest)) return undefined;
      const mediaType = text(mark(repository, '_manifests', digest.slice(7)));
      const bytes = size(blobPath(digest));
      return mediaType === undefined || bytes === undefined ? undefined : { digest, mediaType, size: bytes };
    },
    manifests: (repository) =>
      (store.hasRepository(repository) ? names(join(root, repository, '_manifests')) : [])
        .map((name) => store.manifest(repository, `sha256:${name}`))
        .filter((found) => found !== undefined),
    bytes: (digest) => readFileSync(blobPath(digest)),
    putManifest: (repository, digest, mediaType, bytes) => {
      write(blobPath(digest), bytes);
      write(mark(repository, '_manifests', digest.slice(7)), mediaType);
      store.createRepository(repository);
    },
    deleteManifest: (repository, digest) => {
      for (const tag of store.tags(repository)) {
        if (text(mark(repository, '_tags', tag)) === digest) store.untag(repository, tag);
      }
      return remove(mark(repository, '_manifests', digest.slice(7)));
    },
    tag: (repository, tag, digest, immutable) => {
      const path = mark(repository, '_tags', tag);
      const held = text(path);
      if (immutable && held !== undefined && held !== digest) return 'immutable';
      write(path, digest);
      return 'tagged';
    },
    untag: (repository, tag) => remove(mark(repository, '_tags', tag)),
    tags: (repository) => (store.hasRepository(repository) ? readdirSync(join(root, repository, '_tags')).sort() : []),
  };
  return store;
}

function size(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function names(dir: string): string[] {
  return exists(dir) ? readdirSync(dir).sort() : [];
}

function exists(path: string): boolean {
  return size(path) !== undefined;
}

function text(path: string): string | undefined {
  return exists(path) ? readFileSync(path, 'utf8') : undefined;
}

function remove(path: string): boolean {
  const there = exists(path);
  rmSync(path, { force: true });
  return there;
}
