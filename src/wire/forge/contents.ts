import { WireFailure } from '../failure.ts';
import { at, jsonIn, listAt, optionalText, textAt } from '../fields.ts';
import { isObjectId, type ObjectId } from '../git/pack/object.ts';
import { readBody } from '../http.ts';
import { answerFailure } from '../retry.ts';
import type { World } from '../world.ts';
import type { ForgeAccess } from './forge.ts';

/** A file with its new bytes, and the blob that it must have until then; without one it must not be there. */
export interface FileChange {
  readonly file: string;
  readonly blob: ObjectId | undefined;
  readonly bytes: Uint8Array;
}

/** A commit for Gitea or Forgejo to make on whatever the branch has, if each of these files is as it is said to be. */
export interface FilesCommit {
  readonly branch: string;
  readonly message: string;
  readonly author: Identity;
  readonly committer: Identity;
  readonly files: readonly FileChange[];
}

interface Identity {
  readonly name: string;
  readonly email: string;
}

type FilesReply =
  | { readonly is: 'made'; readonly commit: ObjectId; readonly on: ObjectId }
  /** The host's own words. Nothing was made. */
  | { readonly is: 'refused'; readonly code: string; readonly text: string | undefined };

/**
 * One `POST /repos/{owner}/{repo}/contents`. Gitea compares the files on the branch's tip, commits on that, and pushes it by
 * git: a tip that has moved meanwhile is refused too (403), whatever was changed. One whose reply is lost may have been
 * done. Throws WireFailure.
 */
export async function commitFiles(
  { http, clock }: Pick<World, 'http' | 'clock'>,
  { api, token, path }: ForgeAccess,
  { files, ...commit }: FilesCommit,
  limits: { readonly signal: AbortSignal; readonly idleMs: number },
): Promise<FilesReply> {
  const listed = files.map(({ file, blob, bytes }) => ({
    ...{ operation: blob === undefined ? 'create' : 'update', path: file, sha: blob },
    content: Buffer.from(bytes).toString('base64'),
  }));
  const response = await http({
    url: `${api}/repos/${path.split('/').map(encodeURIComponent).join('/')}/contents`,
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${token.reveal()}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ ...commit, files: listed }),
    ...limits,
  });
  // Its answer has the files whole.
  const value = jsonIn((await readBody(response, 16 * 1024 * 1024)).toString('utf8'));
  const { status, url } = response;
  if (status !== 201) {
    const text = optionalText(value, 'message');
    const failure = answerFailure(response, clock.now(), { text });
    // Rivals and rules are refused by the same statuses: only the branch tells them apart.
    if (status < 400 || status >= 500 || status === 401 || failure.retryable) throw failure;
    return { is: 'refused', code: String(status), text };
  }
  const [made, on] = [textAt(value, 'commit', 'sha'), textAt(listAt(at(value, 'commit'), 'parents')[0], 'sha')];
  if (isObjectId(made) && isObjectId(on)) return { is: 'made', commit: made, on };
  throw new WireFailure('malformed', url, { message: `${url} told no commit` });
}
