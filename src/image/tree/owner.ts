import { type Dir, follow, lookup, partsOf } from './tree.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** An owner, and the names that weren't found and therefore came to root, as Docker has it. */
export interface FoundOwner extends Owner {
  readonly unknown: readonly string[];
}

/** Whether `--chown` names a user or group that has to be looked up. */
export function isNamedOwner(chown: string): boolean {
  const [user = '', group = ''] = halves(chown);
  return numberOf(user) === undefined || (group !== '' && numberOf(group) === undefined);
}

/** `user[:group]` by the image's own passwd and group. A lone number stands for both, a lone name brings its group. */
export async function findOwner(chown: string, root: Dir): Promise<FoundOwner> {
  const [user = '', group] = halves(chown);
  const unknown: string[] = [];
  let uid = numberOf(user);
  let gid = uid;
  if (uid === undefined) {
    const entry = await find(root, 'etc/passwd', user);
    if (entry === undefined) unknown.push(user);
    uid = numberOf(entry?.[2]) ?? 0;
    gid = numberOf(entry?.[3]) ?? 0;
  }
  if (group !== undefined && group !== '') {
    const entry = numberOf(group) === undefined ? await find(root, 'etc/group', group) : undefined;
    const found = numberOf(group) ?? numberOf(entry?.[2]);
    if (found === undefined) unknown.push(group);
    // A group that isn't there leaves the user's own.
    gid = found ?? gid;
  }
  return { uid, gid: gid ?? 0, unknown };
}

function halves(chown: string): [string, string | undefined] {
  const colon = chown.indexOf(':');
  return colon < 0 ? [chown, undefined] : [chown.slice(0, colon), chown.slice(colon + 1)];
}

function numberOf(text: string | undefined): number | undefined {
  if (text === 'root') return 0;
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= 0x7fffffff ? value : undefined;
}

/** The fields of the line for a name. A file that is absent, large or no file has none. */
async function find(root: Dir, path: string, name: string): Promise<string[] | undefined> {
  if (name === '') return undefined;
  const node = await lookup(root, await follow(root, partsOf(path)).catch(() => [])).catch(() => undefined);
  if (node?.is !== 'file' || node.content.size > largestAccounts) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of node.content.read()) chunks.push(chunk);
  return Buffer.concat(chunks)
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim().split(':'))
    .find((fields) => fields[0] === name);
}

/** Accounts files larger than this are not read (BuildKit's own limit is 10 MiB). */
export const largestAccounts = 10 * 1024 * 1024;
