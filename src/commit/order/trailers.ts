import type { HeldPlace } from '../../plan/holds.ts';
import { scanPath } from '../../plan/path.ts';
import { type HistoryCommit, newestCommits } from '../../wire/git/ancestry.ts';
import { isObjectId, type ObjectId } from '../../wire/git/pack/object.ts';
import type { GitRemote } from '../../wire/git/remote.ts';
import type { ConfigRepo } from '../repo/config-repo.ts';

/** The trailers of a commit message, in their order: `Key: value` lines of its last paragraph (git-interpret-trailers). */
export function trailersOf(message: string): readonly { readonly key: string; readonly value: string }[] {
  const text = message.trimEnd();
  const blank = text.lastIndexOf('\n\n');
  const found: { key: string; value: string }[] = [];
  if (blank < 0) return found;
  for (const line of text.slice(blank + 2).split('\n')) {
    const [, key, value] = /^([A-Za-z][A-Za-z0-9-]*): (.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) found.push({ key, value });
  }
  return found;
}

const treeKey = 'Tagboat-Tree';

/** A message that names its commit's tree: what somebody else made of the commit since has another. */
export function withTree(message: string, tree: ObjectId): string {
  const text = message.trimEnd();
  return `${text}${trailersOf(text).length === 0 ? '\n' : ''}\n${treeKey}: ${tree}\n`;
}

/** Whether a commit is as Tagboat made it to be proposed: its message names its tree. */
export function isAsProposed(message: string, tree: ObjectId): boolean {
  return trailersOf(message).some(({ key, value }) => key === treeKey && value === tree);
}

/** The app repo's commit that a config commit came from, and that repo's URL where it is told. */
export function sourceOf(message: string, trailers = trailersOf(message)): Writer | undefined {
  const gitTag = trailers.findLast(({ key }) => key === 'Tagboat-Git-Tag')?.value;
  const own = trailers.findLast(({ key }) => key === 'Tagboat-Source')?.value ?? '';
  const at = own.lastIndexOf('@');
  const commit = own.slice(at + 1);
  const whose = whoseIs(trailers);
  if (isObjectId(commit)) return { commit, url: at > 0 ? own.slice(0, at) : undefined, gitTag, ...whose };
  const argo = trailers.findLast(({ key }) => key === 'Argocd-reference-commit-sha')?.value ?? '';
  return isObjectId(argo) ? { commit: argo, url: undefined, gitTag, ...whose } : undefined;
}

/** Whose a config commit is: the app's, by which of its deliveries, and for which pull request of the app repo. */
export interface Whose {
  readonly app: string | undefined;
  readonly delivery: string | undefined;
  readonly number: string | undefined;
}

export function whoseIs(trailers: ReturnType<typeof trailersOf>): Whose {
  const last = (wanted: string) => trailers.findLast(({ key }) => key === wanted)?.value;
  const number = last('Tagboat-Pull-Request')?.split(' ')[0];
  return { app: last('Tagboat-App'), delivery: last('Tagboat-Delivery'), number };
}

/** What a config commit delivered. */
export interface Writer extends Whose {
  readonly commit: ObjectId;
  readonly url: string | undefined;
  readonly gitTag: string | undefined;
}

/** A place in the config repo with the value it has. */
export interface PlacedValue {
  readonly file: string;
  readonly path: string;
  readonly value: string;
}

/** `FILE:PATH=VALUE`, as a delivery's trailer has it. Undefined where it is none: anybody writes messages. */
export function settingIn(text: string): PlacedValue | undefined {
  const end = pathEnd(text);
  if (end === undefined || text[end.at] !== '=') return undefined;
  return { file: text.slice(0, end.colon), path: text.slice(end.colon + 1, end.at), value: text.slice(end.at + 1) };
}

/** `FILE:PATH`, as a hold's trailer has it. */
export function placeIn(text: string): HeldPlace | undefined {
  const end = pathEnd(text);
  if (end === undefined || end.at !== text.length) return undefined;
  return { file: text.slice(0, end.colon), path: text.slice(end.colon + 1) };
}

function pathEnd(text: string): { readonly colon: number; readonly at: number } | undefined {
  const colon = text.search(/:(?=\.|\[|doc\[)/);
  if (colon < 1 || text.length > 4_096) return undefined;
  try {
    return { colon, at: scanPath(text, colon + 1).end };
  } catch {
    return undefined;
  }
}

/** A config repo as far as it is asked who wrote what. */
export type ReadRepo = Pick<ConfigRepo, 'remote' | 'messages'>;

/** Generations in which the writer of a value is looked for at most; as many are read as it takes. */
const mostDepth = 4_096;

/**
 * The app repo's commits behind values at a tip, by the trailers of the newest config commit that set each. Undefined
 * when none of the last few thousand did, when that one set another value (so somebody changed it by hand since), or
 * when it doesn't say where it came from. What was read for one serves the others, and nothing is asked before the first
 * is asked for. Throws WireFailure.
 */
export function openWriters(
  { remote, messages }: ReadRepo,
  tip: ObjectId,
): (place: PlacedValue) => Promise<Writer | undefined> {
  const newest = openNewest(remote, tip);
  return async ({ file, path, value }) => {
    const setting = `${file}:${path}=`;
    const pick = ({ message }: Pick<ToldCommit, 'message'>) => {
      const set = trailersOf(message).findLast((one) => one.key === 'Tagboat-Set' && one.value.startsWith(setting));
      return set && { message, value: set.value.slice(setting.length) };
    };
    const told = messages?.(tip, file);
    const tells = told?.newest.map((message) => pick({ message })).find((one) => one !== undefined);
    const writer = tells ?? (told?.all === true ? undefined : await newest(pick));
    return writer?.value === value ? sourceOf(writer.message) : undefined;
  };
}

/** A commit of the config branch. */
export interface ToldCommit extends HistoryCommit {
  readonly id: ObjectId;
}

/**
 * What the newest config commit says of which `pick` finds something; undefined where none of the last few thousand does.
 * What was read for one question serves the others, and nothing is asked before the first. Throws WireFailure.
 */
export function openNewest(
  remote: GitRemote,
  tip: ObjectId,
): <T>(pick: (commit: ToldCommit) => T | undefined) => Promise<T | undefined> {
  let known: ReadonlyMap<ObjectId, HistoryCommit> = new Map();
  /** One question at a time, each with what the one before it has read. */
  let before: Promise<unknown> = Promise.resolve();
  let isAll = false;
  const ask = async <T>(pick: (commit: ToldCommit) => T | undefined): Promise<T | undefined> => {
    const pickedIn = (commits: typeof known): T | undefined => {
      for (const commit of fromTip(commits, tip)) {
        const picked = pick(commit);
        if (picked !== undefined) return picked;
      }
      return undefined;
    };
    if (!isAll && pickedIn(known) === undefined) {
      known = (await newestCommits(remote, tip, mostDepth, (some) => pickedIn(some) !== undefined)) ?? known;
      isAll = pickedIn(known) === undefined;
    }
    return pickedIn(known);
  };
  return (pick) => {
    const answer = before.then(() => ask(pick));
    before = answer.catch(() => undefined);
    return answer;
  };
}

/** Commits from the tip down, generation by generation. */
function* fromTip(commits: ReadonlyMap<ObjectId, HistoryCommit>, tip: ObjectId): Generator<ToldCommit> {
  // Grows while it is walked.
  const seen = new Set([tip]);
  for (const id of seen) {
    const commit = commits.get(id);
    if (commit === undefined) continue;
    yield { id, ...commit };
    for (const parent of commit.parents) seen.add(parent);
  }
}
