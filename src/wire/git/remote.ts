import { shownUrl, WireFailure } from '../failure.ts';
import type { GitHostFacts, World } from '../world.ts';
import { type Advertisement, hostFacts, learnFromHeaders, readAdvertisement } from './capabilities.ts';
import { GitRefusal } from './failure.ts';
import { fetchRequest, oldFetchRequest, readFetch, readOldFetch, type Wanted } from './fetch.ts';
import type { ByteReader } from './pack/bytes.ts';
import { type ObjectFormat, type ObjectId, zeroId } from './pack/object.ts';
import { type NewObject, writePack } from './pack/pack.ts';
import { type PushReport, pushRequest, type RefUpdate, readReport } from './push.ts';
import { isRefNamed, readRefs, refsRequest } from './refs.ts';
import { createGitHttp, type RemoteOptions } from './smart-http.ts';

/** A repository behind smart HTTP. Everything throws WireFailure, and GitRefusal where git itself says no. */
export interface GitRemote {
  /** For messages: the repository's URL, another one after a redirect. */
  readonly url: () => string;
  /** How objects are named here. Settled by the first answer. */
  readonly format: () => ObjectFormat;
  /** What fetches may ask for, if the host has said so. */
  readonly known: () => Abilities | undefined;
  /** The same, asking if it hasn't. */
  readonly ask: () => Promise<Abilities>;
  /** What is believed of the host. Whoever learns better says so here. */
  readonly host: GitHostFacts;
  /** Filters that this host turned out not to take, though another answer to the same question came. */
  readonly refused: Set<string>;
  /** Whether a fetch may be told how far back to go, as long as the host hasn't said otherwise. */
  readonly isShallow: () => boolean;
  /** The refs of these names, and those below the names that end in a slash; at most `limit`. */
  readonly refs: (names: readonly string[], limit: number) => Promise<ReadonlyMap<string, ObjectId>>;
  /** Fetches and hands the pack to `read`, which may be called again with another answer when the first was cut. */
  readonly fetch: <T>(wanted: Wanted, read: (pack: AsyncIterable<Buffer>) => Promise<T>) => Promise<T>;
  /** Whether several refs can be moved all or none. Costs a request the first time. */
  readonly isAtomic: () => Promise<boolean>;
  /** Asks for what a push begins with: hosts refuse it to those who may only read. Writes nothing. */
  readonly tryPush: () => Promise<void>;
  /** Sends the objects and moves the refs, all or none where `isAtomic`. Sent once: a failure doesn't tell whether it was taken. */
  readonly push: (
    updates: readonly RefUpdate[],
    objects: readonly NewObject[],
    signal: AbortSignal,
  ) => Promise<PushReport>;
}

interface Abilities {
  readonly isV2: boolean;
  readonly filter: boolean;
  readonly shallow: boolean;
  /** Any object may be wanted by its id. In version 2 that is so by definition. */
  readonly wantAny: boolean;
}

/** A remote that begins as the usual hosts allow (version 2, no questions first) and asks when the answer isn't that. */
export function openRemote(world: World, options: RemoteOptions): GitRemote {
  const host = hostFacts(world.gitHosts ?? new Map(), options.url);
  const http = createGitHttp({ ...world, ...options, heard: (headers) => learnFromHeaders(host, headers) });
  let spoken: Advertisement | undefined;
  let format: ObjectFormat = 'sha1';
  let opened = false;
  let askBeforePush = false;
  let deltas = true;
  let atomic: boolean | undefined;

  const learn = async (names: readonly string[], limit: number): Promise<Advertisement> => {
    let kept = 0;
    const keep = (ref: string): boolean => isRefNamed(ref, names) && ++kept <= limit;
    const first = spoken === undefined;
    spoken = await http.advertisement('git-upload-pack', (from) => readAdvertisement(from, keep));
    if (first && spoken.version === 0) options.notice(`${shownUrl(http.url())} speaks git's protocol version 0 only.`);
    format = spoken.format;
    opened = true;
    return spoken;
  };

  const listRefs = (names: readonly string[], limit: number): Promise<ReadonlyMap<string, ObjectId>> =>
    http.call({ service: 'git-upload-pack', body: refsRequest(names, format), version2: true, kind: 'read' }, (from) =>
      readRefs(from, limit, (ref) => isRefNamed(ref, names)),
    );

  const refs = async (names: readonly string[], limit: number): Promise<ReadonlyMap<string, ObjectId>> => {
    if (spoken?.version !== 0) {
      try {
        const found = await listRefs(names, limit);
        opened = true;
        return found;
      } catch (error) {
        if (opened || !wantsIntroduction(error)) throw error;
      }
    }
    const answer = await learn(names, limit);
    return answer.version === 0 ? answer.refs : listRefs(names, limit);
  };

  const fetch = <T>(wanted: Wanted, read: (pack: AsyncIterable<Buffer>) => Promise<T>): Promise<T> => {
    const old = spoken?.version === 0 ? spoken.capabilities : undefined;
    const body = old === undefined ? fetchRequest(wanted, format) : oldFetchRequest(wanted, format, old);
    const bands = old === undefined || old.has('side-band-64k') || old.has('side-band');
    return http.call(
      { service: 'git-upload-pack', body, version2: old === undefined, kind: 'read' },
      (from: ByteReader) => read(old === undefined ? readFetch(from) : readOldFetch(from, bands)),
    );
  };

  const askReceiver = async (): Promise<void> => {
    const answer = await http.advertisement('git-receive-pack', (from) => readAdvertisement(from, () => false));
    if (answer.version === 0 && answer.capabilities.has('no-thin')) deltas = false;
    atomic = answer.version === 0 && answer.capabilities.has('atomic');
    askBeforePush = false;
  };

  const push: GitRemote['push'] = async (updates, objects, signal) => {
    if (askBeforePush) await askReceiver();
    const thin = deltas && objects.some((object) => object.before !== undefined);
    const request = Buffer.from(pushRequest(updates, format));
    // A push that only deletes refs has no pack (gitprotocol-pack, "Packfile Data").
    const deletes = updates.every(({ to }) => to === zeroId(format));
    const body = deletes ? request : Buffer.concat([request, writePack(objects, format, deltas)]);
    try {
      const report = await http.call(
        { service: 'git-receive-pack', body, version2: false, kind: 'push', signal },
        readReport,
      );
      // A server that can't complete a thin pack gets whole objects the next time.
      if (report.unpack !== 'ok' && thin) deltas = false;
      return report;
    } catch (error) {
      // The next try introduces itself the long way, as git does.
      askBeforePush = wantsIntroduction(error);
      throw error;
    }
  };

  return {
    url: () => shownUrl(http.url()),
    format: () => format,
    known: () => (spoken === undefined ? undefined : abilitiesOf(spoken)),
    host,
    refused: new Set(),
    isShallow: () => spoken === undefined || abilitiesOf(spoken).shallow,
    ask: async () => abilitiesOf(spoken ?? (await learn([], 0))),
    isAtomic: async () => {
      if (atomic === undefined) await askReceiver();
      return atomic === true;
    },
    tryPush: askReceiver,
    refs,
    fetch,
    push,
  };
}

function abilitiesOf(answer: Advertisement): Abilities {
  const offered = answer.version === 2 ? answer.fetch : answer.capabilities;
  return {
    isV2: answer.version === 2,
    filter: offered.has('filter'),
    shallow: offered.has('shallow'),
    wantAny: answer.version === 2 || offered.has('allow-reachable-sha1-in-want'),
  };
}

/** Whether a failure may only mean that the server wants to be asked what it can do before it is told what to do. */
function wantsIntroduction(error: unknown): boolean {
  if (error instanceof GitRefusal) return true;
  if (!(error instanceof WireFailure)) return false;
  if (error.kind === 'malformed') return true;
  const others = [401, 403, 407, 408, 425, 429, 502, 503, 504];
  return error.kind === 'status' && error.status !== undefined && !others.includes(error.status);
}
