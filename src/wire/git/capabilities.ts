import type { GitHostFacts, GitHosts } from '../world.ts';
import { GitDataError, GitNo } from './failure.ts';
import type { ByteReader } from './pack/bytes.ts';
import { isObjectId, type ObjectFormat, type ObjectId } from './pack/object.ts';
import { packetLine, readPacket } from './pktline.ts';

/** What a service says it can do, and in versions 0 and 1 its refs too. */
export type Advertisement =
  | { readonly version: 2; readonly format: ObjectFormat; readonly fetch: ReadonlySet<string> }
  | {
      readonly version: 0;
      readonly format: ObjectFormat;
      readonly capabilities: ReadonlySet<string>;
      readonly refs: ReadonlyMap<string, ObjectId>;
    };

/** Reads `info/refs` (gitprotocol-http, -v2, -pack), with the refs that `keep` takes. Throws GitDataError, GitNo. */
export async function readAdvertisement(from: ByteReader, keep: (ref: string) => boolean): Promise<Advertisement> {
  let first = await nextLine(from);
  if (first?.startsWith('# service=')) {
    await nextLine(from);
    first = await nextLine(from);
  }
  if (first === 'version 2') return readVersion2(from);
  if (first === 'version 1') first = await nextLine(from);
  return readVersion0(from, first, keep);
}

async function readVersion2(from: ByteReader): Promise<Advertisement> {
  let format = 'sha1';
  let fetch: readonly string[] = [];
  for (let line = await nextLine(from); line !== undefined; line = await nextLine(from)) {
    if (line.startsWith('object-format=')) format = line.slice('object-format='.length);
    if (line.startsWith('fetch=')) fetch = line.slice('fetch='.length).split(' ');
  }
  return { version: 2, format: knownFormat(format), fetch: new Set(fetch) };
}

async function readVersion0(
  from: ByteReader,
  first: string | undefined,
  keep: (ref: string) => boolean,
): Promise<Advertisement> {
  const nul = first?.indexOf('\0') ?? -1;
  const capabilities = new Set(
    nul < 0
      ? []
      : first
          ?.slice(nul + 1)
          .trim()
          .split(' '),
  );
  const format = [...capabilities].find((name) => name.startsWith('object-format='))?.slice('object-format='.length);
  const refs = new Map<string, ObjectId>();
  for (let line = nul < 0 ? first : first?.slice(0, nul); line !== undefined; line = await nextLine(from)) {
    const space = line.indexOf(' ');
    const [id, ref] = [line.slice(0, space), line.slice(space + 1)];
    if (id === 'shallow' || ref === 'capabilities^{}') continue;
    if (!isObjectId(id)) throw new GitDataError('malformed', 'the list of refs has a line that is none');
    if (keep(ref)) refs.set(ref, id);
  }
  return { version: 0, format: knownFormat(format ?? 'sha1'), capabilities, refs };
}

/** The next line; undefined at a flush. The end of the stream is none: nothing after it can be told from a cut. */
async function nextLine(from: ByteReader): Promise<string | undefined> {
  const packet = await readPacket(from);
  if (packet === undefined) throw new GitDataError('cut', 'the capabilities end without their end mark');
  if (packet.is !== 'data') return undefined;
  const line = packetLine(packet.bytes);
  if (line.startsWith('ERR ')) throw new GitNo(line.slice(4));
  return line;
}

function knownFormat(name: string): ObjectFormat {
  if (name === 'sha1' || name === 'sha256') return name;
  throw new GitDataError('malformed', `the repository names its objects by ${name.slice(0, 50)}`);
}

/** What to believe of a host at first: what the run has learnt of it, or else what its name says. */
export function hostFacts(hosts: GitHosts, url: string): GitHostFacts {
  const { origin, hostname } = new URL(url);
  const known = hosts.get(origin);
  if (known !== undefined) return known;
  const facts: GitHostFacts = { foldersByDepth: isGitHubName(hostname) ? false : undefined };
  hosts.set(origin, facts);
  return facts;
}

/**
 * Learns from an answer's headers. GitHub names each request, on servers of one's own too, and takes no filter of folders
 * by depth (`uploadpackfilter.tree.maxDepth=0` in git's words).
 */
export function learnFromHeaders(facts: GitHostFacts, headers: Readonly<Record<string, string | undefined>>): void {
  if (headers['x-github-request-id'] !== undefined) facts.foldersByDepth ??= false;
}

/** github.com, and the hosts of GitHub Enterprise Cloud with data residency. */
function isGitHubName(hostname: string): boolean {
  return hostname === 'github.com' || hostname.endsWith('.ghe.com');
}
