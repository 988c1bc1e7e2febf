import { GitDataError, GitNo } from './failure.ts';
import type { ByteReader } from './pack/bytes.ts';
import { isObjectId, type ObjectFormat, type ObjectId } from './pack/object.ts';
import { delimPacket, flushPacket, packet, packetLine, readPacket } from './pktline.ts';

/** The body of protocol v2's `ls-refs`: refs whose names begin with one of the prefixes. */
export function refsRequest(prefixes: readonly string[], format: ObjectFormat): string {
  const wanted = prefixes.map((prefix) => packet(`ref-prefix ${prefix}\n`)).join('');
  return `${packet('command=ls-refs\n')}${formatLine(format)}${delimPacket}${wanted}${flushPacket}`;
}

/** A v2 request without this line means SHA-1; a server of another format refuses the mismatch. */
export function formatLine(format: ObjectFormat): string {
  return format === 'sha1' ? '' : packet(`object-format=${format}\n`);
}

/**
 * Whether a ref is one of these, or lies below one that ends in a slash. What servers take is the beginning of a name:
 * asked for `refs/heads/main`, they tell of `refs/heads/main-2` too.
 */
export function isRefNamed(ref: string, names: readonly string[]): boolean {
  return names.some((name) => (name.endsWith('/') ? ref.startsWith(name) : ref === name));
}

/** Refs read from one answer, whether they are kept or not. */
const mostRead = 200_000;

/** At most `limit` refs of the answer that `keep` accepts. Throws GitDataError, and GitNo when git says no. */
export async function readRefs(
  from: ByteReader,
  limit: number,
  keep: (ref: string) => boolean = () => true,
): Promise<Map<string, ObjectId>> {
  const refs = new Map<string, ObjectId>();
  for (let read = 0; refs.size < limit; read++) {
    if (read > mostRead) throw new GitDataError('tooLarge', `it has more than ${mostRead} refs of such names`);
    const next = await readPacket(from);
    // Git that dislikes a request may end without a word; in the middle of a list that would be a cut.
    if (next === undefined)
      throw read === 0 ? new GitNo(undefined) : new GitDataError('cut', 'the list of refs is cut');
    if (next.is !== 'data') break;
    const line = packetLine(next.bytes);
    if (line.startsWith('ERR ')) throw new GitNo(line.slice(4));
    const [id = '', ref = ''] = line.split(' ');
    // `unborn` marks a HEAD that points nowhere yet.
    if (id === 'unborn') continue;
    if (!isObjectId(id) || ref === '') throw new GitDataError('malformed', 'the list of refs has a line that is none');
    if (keep(ref)) refs.set(ref, id);
  }
  return refs;
}
