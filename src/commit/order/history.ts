import type { DeliveryPlan, Edit, GitCredential } from '../../plan.ts';
import { WireFailure } from '../../wire/failure.ts';
import { newestCommits, type Relation, relationOf } from '../../wire/git/ancestry.ts';
import type { World } from '../../wire/world.ts';
import { filesOf, loadRewrite } from '../edit/rewrite.ts';
import { defaultIdleMs, openConfigRepo } from '../repo/config-repo.ts';
import { explainGitFailure } from '../repo/git-failure.ts';
import { changesIn, type FoundChange } from './changed.ts';
import { settingIn, trailersOf } from './trailers.ts';

/** A delivery's config repo as far as its commits are compared. Comparing never throws, save the signal's reason. */
export interface DeliveryHistory {
  /** The branch's tip. Throws as `previewDelivery` does. */
  tip(): Promise<string>;
  /** How a commit stands to one of ours; `unknown` where the host can't tell. */
  relation(revision: string, ours: string): Promise<Relation>;
  /** Whether a commit has the values that ours set, by trailers or its delivery; undefined where that's unreadable. */
  keeps(revision: string, ours: string): Promise<boolean | undefined>;
  /** Whether the repository's HEAD is the branch; undefined where that can't be told. */
  isHead(): Promise<boolean | undefined>;
  /** Whether a push of force took our commit off the branch; false where that can't be told. */
  removed(ours: string): Promise<boolean>;
  /** Those of the files that a commit has, as text. */
  texts(revision: string, files: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** What a commit replaced, by its own message or else by its parent; nothing where that can't be read. */
  changes(revision: string): Promise<readonly FoundChange[]>;
  close(): Promise<void>;
}

/** Opens it; nothing is sent yet. Nothing is read after `deadline`, a time of the world's clock. */
export function openHistory(
  world: World,
  delivery: Pick<DeliveryPlan, 'repo' | 'branch' | 'edits'>,
  credential: GitCredential | undefined,
  deadline: number,
): DeliveryHistory {
  const repo = openConfigRepo(world, delivery, {
    credential,
    idleMs: defaultIdleMs,
    deadline,
    // Asked again with the next look at Argo CD.
    patientUntil: 0,
    notice: () => undefined,
  });
  /** One question at a time: the remote learns from each answer. */
  let before: Promise<unknown> = Promise.resolve();
  const asked = <T>(question: () => Promise<T>, otherwise: T): Promise<T> => {
    const answer = before.then(question).catch((error: unknown) => {
      world.signal.throwIfAborted();
      if (error instanceof WireFailure) return otherwise;
      throw error;
    });
    before = answer.catch(() => undefined);
    return answer;
  };
  /** What a commit of Tagboat's says it set; undefined for anybody else's. */
  const settingsOf = async (ours: string): Promise<Edit[] | undefined> => {
    const message = (await newestCommits(repo.remote, ours, 1))?.get(ours)?.message ?? '';
    const set = trailersOf(message).flatMap(({ key, value }) =>
      key === 'Tagboat-Set' ? (settingIn(value) ?? []) : [],
    );
    return set.length === 0
      ? undefined
      : set.map((one) => ({ ...one, create: false, allow: ['aliases', 'digest'] as const }));
  };
  return {
    tip: async () => {
      try {
        return await repo.readTip();
      } catch (error) {
        throw explainGitFailure(error, { delivery, credential, doing: 'read' });
      }
    },
    relation: async (revision, ours) => {
      if (revision === ours) return 'same';
      // A chart's version or a shortened id is no commit to ask about.
      if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(revision) || revision.length !== ours.length) return 'unknown';
      return asked(() => relationOf(repo.remote, revision, ours), 'unknown');
    },
    keeps: (revision, ours) =>
      asked<boolean | undefined>(async () => {
        const edits = (await settingsOf(ours)) ?? delivery.edits;
        const files = filesOf(edits);
        // A commit that set nothing we know of says nothing about a later one.
        if (files.length === 0) return undefined;
        const snapshot = await repo.readPaths(revision, files);
        if (files.some((file) => snapshot.files.get(file)?.is !== 'file')) return false;
        // A trailer doesn't tell the value's type.
        return (await loadRewrite())(snapshot, edits).changes.every(({ before, after }) => before === after);
      }, undefined).catch(() => undefined),
    isHead: () =>
      asked<boolean | undefined>(async () => {
        const refs = await repo.remote.refs(['HEAD', repo.ref], 10);
        const head = refs.get('HEAD');
        return head === undefined ? undefined : head === refs.get(repo.ref);
      }, undefined),
    removed: (ours) =>
      asked(async () => {
        const tip = (await repo.remote.refs([repo.ref], 10)).get(repo.ref);
        if (tip === undefined || tip === ours) return false;
        const stands = await relationOf(repo.remote, tip, ours);
        return stands === 'diverged' || stands === 'ancestor';
      }, false),
    texts: (revision, files) =>
      asked<ReadonlyMap<string, string>>(async () => {
        const found = (await repo.readPaths(revision, files)).files;
        return new Map(
          [...found].flatMap(([file, end]) =>
            end.is === 'file' ? [[file, end.blob.content.toString('utf8')] as const] : [],
          ),
        );
      }, new Map()),
    changes: (revision) =>
      asked<readonly FoundChange[]>(async () => {
        const set = await settingsOf(revision);
        return changesIn(repo, revision, set && filesOf(set));
      }, []),
    close: async () => {
      await before;
      await repo.close();
    },
  };
}
