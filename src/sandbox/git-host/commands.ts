import type { Readable } from 'node:stream';

/** Commands at the start of a push take no more than this, however many refs it moves. */
const mostHead = 256 * 1024;

/**
 * Listens to a push's body and tells the refs that its commands name (gitprotocol-pack, "Reference Update Request"),
 * once they are all there. Takes nothing from the stream: attach it in the same tick as its reader.
 */
export function hearCommands(body: Readable, tell: (refs: readonly string[]) => void): void {
  let head = Buffer.alloc(0);
  const hear = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const refs = refsIn(head);
    if (refs === undefined && head.byteLength < mostHead) return;
    body.off('data', hear);
    if (refs !== undefined) tell(refs);
  };
  body.on('data', hear);
}

/** The refs of all commands, or undefined until the flush behind them is there. */
function refsIn(head: Buffer): string[] | undefined {
  const refs: string[] = [];
  for (let at = 0; at + 4 <= head.byteLength; ) {
    const length = Number.parseInt(head.toString('latin1', at, at + 4), 16);
    if (length === 0) return refs;
    if (!(length >= 4) || at + length > head.byteLength) return undefined;
    const line = head.toString('utf8', at + 4, at + length).split('\0', 1)[0] ?? '';
    refs.push(line.trimEnd().split(' ').slice(2).join(' '));
    at += length;
  }
  return undefined;
}
