import { createHash } from 'node:crypto';
import type { DeliveryPlan } from '../../plan.ts';
import { WireFailure } from '../../wire/failure.ts';
import { fetchCommits } from '../../wire/git/commits.ts';
import { makeObject, messageOf, type ObjectId, serialiseCommit, zeroId } from '../../wire/git/pack/object.ts';
import { isTaken } from '../../wire/git/push.ts';
import type { GitRemote } from '../../wire/git/remote.ts';
import type { World } from '../../wire/world.ts';
import { confirmedPrefix } from '../repo/layout.ts';
import { commitNamed } from './commit-named.ts';
import { openKin } from './kin.ts';
import type { Lineage } from './lineage.ts';
import {
  openWriters,
  type PlacedValue,
  type ReadRepo,
  sourceOf,
  trailersOf,
  type Writer,
  whoseIs,
} from './trailers.ts';

const limits = { commit: 64 * 1024, all: 8 * 1024 * 1024 };
const mostRefs = 1_000;

/**
 * The app repo's commits that found a value in its place already. A tag by content and a digest come back with a revert:
 * that is no config commit, and without this an older run that ends later would put its own value there. Throws WireFailure.
 */
export async function openConfirmed(
  remote: GitRemote,
  branch: string,
): Promise<(place: PlacedValue) => readonly Writer[]> {
  const refs = await remote.refs([confirmedPrefix(branch)], mostRefs);
  const wants = [...new Set(refs.values())];
  const commits = wants.length === 0 ? [] : (await fetchCommits(remote, { wants, depth: 1 }, limits)).values();
  const messages = [...commits].map(({ content }) => messageOf(content));
  return ({ file, path, value }) =>
    messages.flatMap((message) => {
      const sets = trailersOf(message).some(
        (one) => one.key === 'Tagboat-Set' && one.value === `${file}:${path}=${value}`,
      );
      return sets ? (sourceOf(message) ?? []) : [];
    });
}

interface Confirming {
  readonly world: World;
  readonly delivery: DeliveryPlan;
  readonly repo: ReadRepo;
  readonly lineage: Lineage | undefined;
}

/**
 * Keeps on a ref of its own that our commit found a delivery's values there already, unless the values say so themselves
 * or it is known of ours or a newer commit. Answers whether it did. That it can't be kept is told, and stops nobody.
 */
export async function confirm({ world, delivery, repo, lineage }: Confirming, tip: ObjectId): Promise<boolean> {
  if (lineage === undefined || delivery.order === 'off' || delivery.queue === false) return false;
  const places = delivery.edits.filter(({ value }) => commitNamed(value, lineage.commit, value) === undefined);
  if (places.length === 0) return false;
  try {
    const [writerOf, confirmedBy] = [openWriters(repo, tip), await openConfirmed(repo.remote, delivery.branch)];
    const kinOf = openKin(lineage, whoseIs(trailersOf(delivery.message)));
    const isOurs = async (place: PlacedValue): Promise<boolean> => {
      const by = [await writerOf(place), ...confirmedBy(place)].filter((one) => one !== undefined);
      const kin = await Promise.all(by.map((one) => kinOf(one.commit, async () => one)));
      return kin.some(({ is }) => is === 'same' || is === 'descendant');
    };
    if ((await Promise.all(places.map(isOurs))).every(Boolean)) return false;
    if (await publish(world, delivery, repo.remote)) return true;
  } catch (error) {
    world.signal.throwIfAborted();
    if (!(error instanceof WireFailure)) throw error;
  }
  const what = 'The config repo does not take a ref below refs/tagboat/confirmed/';
  const message = `${what}: an older run that is still under way may put its own value there.`;
  lineage.tell('warning', message, { code: 'VALUES_NOT_CONFIRMED', data: { delivery: delivery.name } });
  return false;
}

async function publish(world: World, delivery: DeliveryPlan, remote: GitRemote): Promise<boolean> {
  const key = createHash('sha256').update(JSON.stringify(delivery.edits.map(({ file, path }) => [file, path])));
  const ref = `${confirmedPrefix(delivery.branch)}${key.digest('hex').slice(0, 16)}`;
  const format = remote.format();
  const tree = makeObject(format, 'tree', Buffer.alloc(0));
  const seconds = Math.floor(world.clock.now() / 1_000);
  const [author, committer] = [delivery.author, delivery.committer].map((person) => ({ ...person, seconds })) as [
    { name: string; email: string; seconds: number },
    { name: string; email: string; seconds: number },
  ];
  const content = serialiseCommit({ tree: tree.id, parents: [], author, committer, message: delivery.message });
  const commit = makeObject(format, 'commit', content);
  const from = (await remote.refs([ref], mostRefs)).get(ref) ?? zeroId(format);
  const update = { ref, from, to: commit.id };
  return isTaken(await remote.push([update], [{ object: commit }, { object: tree }], world.signal), [update]);
}
