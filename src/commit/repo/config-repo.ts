import { distance } from '../../errors/spelling.ts';
import { TagboatError } from '../../errors.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import { shownUrl } from '../../wire/failure.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import { createTipReader, type TipReader } from '../../wire/git/reader.ts';
import { type GitRemote, openRemote } from '../../wire/git/remote.ts';
import type { RemoteOptions } from '../../wire/git/smart-http.ts';
import type { PathEnd, Snapshot } from '../../wire/git/snapshot.ts';
import type { FileMessages } from '../../wire/github/branch-state.ts';
import type { Tell, World } from '../../wire/world.ts';
import { holdsFile, intentPrefix, publishedAt } from './layout.ts';

/** Milliseconds without a byte from the host before giving up on a request. */
export const defaultIdleMs = 30_000;

/** Bytes of a file that is edited. Values files have a few thousand. */
const fileLimit = 1024 * 1024;

/** One branch of a config repo, read and written without a clone. */
export interface ConfigRepo {
  readonly remote: GitRemote;
  readonly ref: string;
  /** The commit the branch points at, and its queue. Throws BRANCH_NOT_FOUND, BRANCH_BASE_NOT_FOUND, REPO_EMPTY; WireFailure. */
  look(): Promise<BranchLook>;
  readTip(): Promise<ObjectId>;
  /** The files at a commit, those that needn't be there, and its holds. Throws FILE_*; WireFailure. */
  readFiles(tip: ObjectId, files: readonly string[], maybe?: readonly string[]): Promise<Snapshot>;
  /** The same, whatever the paths lead to. Throws WireFailure. */
  readPaths(tip: ObjectId, paths: readonly string[]): Promise<Snapshot>;
  /** What wrote a file last, where the host has told it along with the tip. */
  readonly messages?: ((tip: ObjectId, file: string) => FileMessages | undefined) | undefined;
  close(): Promise<void>;
}

/** A branch of a config repo. */
export type BranchPlace = Pick<DeliveryPlan, 'repo' | 'branch' | 'createBranch'>;

/** A branch and its queue, as one answer shows them. */
export interface BranchLook {
  readonly tip: ObjectId;
  /** It isn't there yet, and `tip` is that of the branch from which it is to be made. */
  readonly isNew: boolean;
  /** The intents' refs by id, in the order in which they are to land. */
  readonly intents: ReadonlyMap<string, ObjectId>;
}

export interface ConfigRepoOptions extends Omit<RemoteOptions, 'url' | 'authorization'> {
  readonly credential: GitCredential | undefined;
}

/** Opens a delivery's config repo; nothing is sent yet. Throws GIT_URL_UNSUPPORTED, BRANCH_NAME_INVALID. */
export function openConfigRepo(world: World, delivery: BranchPlace, options: ConfigRepoOptions): ConfigRepo {
  const { repo, branch } = delivery;
  if (!/^https?:\/\//i.test(repo) || !URL.canParse(repo)) {
    throw new TagboatError('GIT_URL_UNSUPPORTED', { repo: shownUrl(repo) });
  }
  if (!isBranchName(branch)) throw new TagboatError('BRANCH_NAME_INVALID', { branch });
  const told = new Set<string>();
  const notice: Tell = (message, waited) => {
    if (!told.has(message)) options.notice(message, waited);
    told.add(message);
  };
  const { credential, ...limits } = options;
  const remote = openRemote(world, { ...limits, url: repo, authorization: credential?.authorization, notice });
  const reader: TipReader = createTipReader(remote, { fileLimit, notice });
  const ref = `refs/heads/${branch}`;
  const look = async (): Promise<BranchLook> => {
    const prefix = intentPrefix(branch);
    const refs = await remote.refs([ref, prefix], 10_000);
    const tip = refs.get(ref);
    if (tip === undefined) return { tip: await baseOf(remote, delivery), isNew: true, intents: new Map() };
    const intents = [...refs]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, id]) => [name.slice(prefix.length), id] as const);
    return {
      tip,
      isNew: false,
      intents: new Map(intents.filter(([id]) => publishedAt(id) !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  };
  return {
    remote,
    ref,
    look,
    readTip: async () => (await look()).tip,
    readPaths: (tip, paths) => reader.read(tip, withHolds(paths)),
    readFiles: async (tip, files, maybe = []) => {
      const snapshot = await reader.read(tip, withHolds([...files, ...maybe]));
      for (const file of files) checkFound(file, snapshot.files.get(file));
      for (const file of maybe) {
        const found = snapshot.files.get(file);
        if (found?.is !== 'missing') checkFound(file, found);
      }
      return snapshot;
    },
    close: () => reader.close(),
  };
}

/** The holds are read along: in most repos the root folder, which is read anyway, tells that there are none. */
function withHolds(paths: readonly string[]): readonly string[] {
  return paths.includes(holdsFile) ? paths : [...paths, holdsFile];
}

/** Git's rules for ref names (git-check-ref-format), as far as a branch can break them. */
function isBranchName(name: string): boolean {
  const forbidden = /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|^[/-]|^@$|[/.]$/u;
  return name !== '' && !forbidden.test(name) && name.split('/').every((part) => !/^\.|\.lock$/.test(part));
}

/** Where a branch that isn't there begins, if it may be made. */
async function baseOf(remote: GitRemote, { repo, branch, createBranch }: BranchPlace): Promise<ObjectId> {
  const heads = 'refs/heads/';
  if (createBranch !== undefined) {
    const ref = createBranch.from === undefined ? 'HEAD' : `${heads}${createBranch.from}`;
    const tip = (await remote.refs([ref], 10)).get(ref);
    if (tip !== undefined) return tip;
  }
  const known = [...(await remote.refs([heads], 1_000)).keys()].map((ref) => ref.slice(heads.length));
  if (known.length === 0) throw new TagboatError('REPO_EMPTY', { repo, branch });
  const base = createBranch?.from;
  const there = { repo, branch, branches: nearest(base ?? branch, known), more: known.length > 10 };
  if (createBranch === undefined) throw new TagboatError('BRANCH_NOT_FOUND', there);
  throw new TagboatError('BRANCH_BASE_NOT_FOUND', { ...there, base });
}

function nearest(name: string, among: readonly string[]): string[] {
  const near = among.map((other) => ({ other, score: distance(name.slice(0, 100), other.slice(0, 100)) }));
  return near
    .sort((a, b) => a.score - b.score)
    .slice(0, 10)
    .map(({ other }) => other);
}

/** Throws unless it is a file that can be edited. */
function checkFound(file: string, found: PathEnd | undefined): void {
  switch (found?.is) {
    case 'file':
      return;
    case 'folder':
      throw new TagboatError('FILE_IS_FOLDER', { file });
    case 'symlink':
      throw new TagboatError('FILE_IS_SYMLINK', { file, at: found.at });
    case 'submodule':
      throw new TagboatError('FILE_IS_SUBMODULE', { file, at: found.at });
    case 'tooLarge':
      throw new TagboatError('FILE_TOO_LARGE', { file, size: found.size, limit: fileLimit });
    case 'fileOnTheWay':
      throw new TagboatError('FILE_NOT_FOUND', { file, folder: found.at, nearest: [found.at] });
    case 'missing': {
      const name = file.split('/')[found.folder === '' ? 0 : found.folder.split('/').length] ?? '';
      throw new TagboatError('FILE_NOT_FOUND', { file, folder: found.folder, nearest: nearest(name, found.names) });
    }
    case undefined:
      throw new RangeError(`${file} wasn't asked for`);
  }
}
