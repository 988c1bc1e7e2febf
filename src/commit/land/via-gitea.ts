import { TagboatError } from '../../errors.ts';
import { type Emit, emitNotice } from '../../events.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import { shownUrl, WireFailure } from '../../wire/failure.ts';
import { commitFiles, type FileChange } from '../../wire/forge/contents.ts';
import type { ForgeAccess } from '../../wire/forge/forge.ts';
import { forgeKind } from '../../wire/forge/kind.ts';
import type { Snapshot } from '../../wire/git/snapshot.ts';
import type { World } from '../../wire/world.ts';
import { writeHolds } from '../holds/holds.ts';
import type { ConfigRepo } from '../repo/config-repo.ts';
import { forgeOf } from '../repo/forge.ts';
import { holdsFile } from '../repo/layout.ts';
import { type MadeCommit, type PushTry, sendPush } from './push-commit.ts';

/** The API of a delivery's Gitea or Forgejo. Throws VIA_GITEA_IMPOSSIBLE. */
export function giteaAccess(
  world: Pick<World, 'env'>,
  { repo }: Pick<DeliveryPlan, 'repo'>,
  credential: GitCredential | undefined,
): ForgeAccess {
  const impossible = (why: string) => new TagboatError('VIA_GITEA_IMPOSSIBLE', { repo: shownUrl(repo), why });
  if (credential?.token === undefined) throw impossible('there is no token for it');
  const kind = URL.canParse(repo) ? forgeKind(new URL(repo), world.env) : undefined;
  if (kind !== undefined && kind !== 'gitea') throw impossible(`${new URL(repo).host} is another host`);
  if (!/^.*\/[^/]+\/[^/]+\/?$/.test(URL.canParse(repo) ? new URL(repo).pathname : ''))
    throw impossible("its URL doesn't end in owner/name");
  return forgeOf(world, repo, 'gitea', credential).access;
}

/** A config repo that is read by git, and commits to it that its Gitea makes. */
interface ByGitea {
  readonly repo: ConfigRepo;
  /** Undefined: this one is for git to push, and a person was told why. Throws WireFailure as `pushCommit` does. */
  readonly push: (made: MadeCommit) => Promise<PushTry | undefined>;
}

/**
 * Has Gitea make commits, on the condition that every file that decided them is still the same: those that were read, and
 * the holds. A branch on which other files have changed meanwhile is none the worse. What the history decided isn't known
 * by its files, which may be the same again: that is pushed by git, whose condition is the whole branch.
 */
export function openByGitea(
  world: World,
  emit: Emit,
  git: ConfigRepo,
  delivery: DeliveryPlan,
  way: { readonly access: ForgeAccess; readonly idleMs: number },
): ByGitea {
  let read: Snapshot | undefined;
  let wasAsked = false;
  const repo: ConfigRepo = {
    ...git,
    readFiles: async (...asked) => {
      read = await git.readFiles(...asked);
      return read;
    },
    messages: (tip, file) => {
      wasAsked = true;
      return git.messages?.(tip, file);
    },
  };
  const told = new Set<string>();
  const byGit = (why: string): undefined => {
    const message = `${delivery.name} is pushed by git: ${why}.`;
    const data = { delivery: delivery.name, via: 'git' } as const;
    if (!told.has(why)) emitNotice(emit, 'info', 'commit', 'VIA_CHOSEN', data, message);
    told.add(why);
    return undefined;
  };
  const push = async (made: MadeCommit): Promise<PushTry | undefined> => {
    if (delivery.writes !== undefined) return byGit('whose files are written whole, the history tells');
    if (delivery.promotes !== undefined) return byGit('what it is promoted from may change meanwhile');
    if (wasAsked) return byGit('who wrote the values there, the history told, which their files do not');
    const files = read?.commit === made.on ? changesOn(read, made) : undefined;
    if (files === undefined) return byGit(`${holdsFile} is no file that could be its condition`);
    const message = made.message ?? delivery.message;
    const { branch, author, committer } = delivery;
    const commit = { branch, message, author: plain(author), committer: plain(committer), files };
    const limits = { idleMs: way.idleMs };
    const found: PushTry['found'] = (commits) =>
      [...commits].find(([, { message: theirs }]) => theirs.trim() === message.trim())?.[0];
    const reply = await sendPush(world, (signal) => commitFiles(world, way.access, commit, { ...limits, signal }));
    if (reply instanceof WireFailure) return { ...made, found, fate: { is: 'lost', failure: reply } };
    if (reply.is === 'refused') {
      return { ...made, found, fate: { is: 'refused', words: { code: reply.code, text: reply.text } } };
    }
    const { on, commit: id } = reply;
    if (read?.files.get(holdsFile)?.is === 'missing' && made.holds === undefined) {
      const added = `This commit adds ${holdsFile} too, without holds: a hold can't come between a later one and what it was decided by.`;
      emitNotice(emit, 'info', 'commit', 'HOLDS_BEGUN', { file: holdsFile }, added);
    }
    return { ...made, on, built: { ...made.built, commit: id }, found, fate: { is: 'taken' } };
  };
  return { repo, push };
}

/** Every file that was read, changed or not, with the blob that it had. Undefined where one can't be a condition. */
function changesOn(read: Snapshot, made: MadeCommit): FileChange[] | undefined {
  const changed = new Map(made.rewriting.files.map(({ file, bytes }) => [file, bytes]));
  const changes: FileChange[] = [];
  for (const [file, end] of read.files) {
    const isHolds = file === holdsFile;
    if (end.is === 'file') {
      const bytes = changed.has(file) ? changed.get(file) : end.blob.content;
      if (bytes === undefined) return undefined;
      changes.push({ file, blob: end.blob.id, bytes });
    } else if (end.is === 'missing' && (isHolds || changed.has(file))) {
      // Only what is there can be asked to be as it was: holds that nobody has made yet are made, with none in them.
      changes.push({ file, blob: undefined, bytes: changed.get(file) ?? writeHolds([]) });
    } else return undefined;
  }
  return changes;
}

function plain({ name, email }: DeliveryPlan['author']): { readonly name: string; readonly email: string } {
  return { name, email };
}
