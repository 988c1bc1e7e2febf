import { type Hash, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { finishDigest, startDigest } from '../../wire/oci/digest.ts';
import type { Digest } from '../../wire/oci/types.ts';
import type { Store } from './store.ts';

/** Uploads under way. Their bytes lie in files, so that a cut one goes on where it stopped. */
export interface Uploads {
  begin(repository: string): Promise<string>;
  /** Bytes received so far, once everything under way on it is written; undefined when it isn't this repository's. */
  size(repository: string, id: string): Promise<number | undefined>;
  /** Appends `body` if the upload has just `start` bytes (undefined: wherever it is). Answers whether it fitted. */
  append(repository: string, id: string, body: AsyncIterable<Buffer>, start: number | undefined): Promise<boolean>;
  /** Makes it a blob of the repository, or drops it when its bytes aren't what was announced. Answers which. */
  finish(repository: string, id: string, digest: Digest): Promise<boolean>;
  /** Answers whether there was one. */
  cancel(repository: string, id: string): Promise<boolean>;
  close(): Promise<void>;
}

interface Upload {
  readonly repository: string;
  readonly path: string;
  readonly file: FileHandle;
  readonly hash: Hash;
  size: number;
  /** The end of what is under way: a client that was cut comes back while its old bytes are still being written. */
  turn: Promise<unknown>;
}

/** Uploads that gather in the store's folder. */
export function openUploads(store: Store): Uploads {
  const uploads = new Map<string, Upload>();

  /** Runs work on an upload after all that was begun before, if it is still there by then. */
  const inTurn = <T, N>(repository: string, id: string, none: N, work: (upload: Upload) => Promise<T>) => {
    const upload = uploads.get(id);
    if (upload?.repository !== repository) return Promise.resolve(none);
    const step = async (): Promise<T | N> => (uploads.has(id) ? work(upload) : none);
    const turn = upload.turn.then(step, step);
    upload.turn = turn;
    return turn;
  };

  const forget = async (id: string, { path, file }: Upload) => {
    uploads.delete(id);
    await file.close();
    rmSync(path, { force: true });
  };

  return {
    begin: async (repository) => {
      const id = randomUUID();
      const path = join(store.uploads, id);
      const file = await open(path, 'wx');
      uploads.set(id, { repository, path, file, hash: startDigest(), size: 0, turn: Promise.resolve() });
      return id;
    },
    size: (repository, id) => inTurn(repository, id, undefined, async (upload) => upload.size),
    append: (repository, id, body, start) =>
      inTurn(repository, id, false, async (upload) => {
        if (start !== undefined && start !== upload.size) return false;
        for await (const chunk of body) {
          try {
            await upload.file.writeFile(chunk);
          } catch (error) {
            // The disk took an unknown part of it: nothing can be appended to that.
            await forget(id, upload);
            throw error;
          }
          upload.hash.update(chunk);
          upload.size += chunk.byteLength;
        }
        return true;
      }),
    finish: (repository, id, digest) =>
      inTurn(repository, id, false, async (upload) => {
        const right = finishDigest(upload.hash) === digest;
        if (right) {
          store.adopt(upload.path, digest);
          store.linkBlob(repository, digest);
        }
        await forget(id, upload);
        return right;
      }),
    cancel: (repository, id) =>
      inTurn(repository, id, false, async (upload) => {
        await forget(id, upload);
        return true;
      }),
    close: async () => {
      await Promise.all(
        [...uploads].map(([id, upload]) =>
          upload.turn.then(
            () => forget(id, upload),
            () => forget(id, upload),
          ),
        ),
      );
    },
  };
}
