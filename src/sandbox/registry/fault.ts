import type { RegistryAnswer } from './answer.ts';

/** One thing that goes wrong with one request. */
export type RegistryFault =
  /** Answers this instead of doing anything. */
  | ({ readonly is: 'answer' } & RegistryAnswer)
  /** Takes in this many bytes of the request's body, then the connection ends. */
  | { readonly is: 'cutRequest'; readonly after: number }
  /** Does the work and sends this many bytes of the answer's body, then the connection ends. */
  | { readonly is: 'cutAnswer'; readonly after: number }
  /** Does the work, then the connection ends without a word. */
  | { readonly is: 'loseAnswer' }
  /** Never answers. */
  | { readonly is: 'hang' }
  /** Does the work, but the answer's headers are these; undefined takes one away. */
  | { readonly is: 'headers'; readonly headers: Readonly<Record<string, string | undefined>> }
  /** Does the work, but the first byte of the answer's body is another. */
  | { readonly is: 'corrupt' };

/** The first `after` bytes of a body; then `cut` is called and the stream fails, as for a peer that went away. */
export async function* cutAfter(body: AsyncIterable<Buffer>, after: number, cut: () => void): AsyncIterable<Buffer> {
  let left = after;
  for await (const chunk of body) {
    if (chunk.byteLength >= left) {
      yield chunk.subarray(0, left);
      break;
    }
    left -= chunk.byteLength;
    yield chunk;
  }
  cut();
  throw new Error('The connection was cut on purpose.');
}

/** The answer with some headers changed. */
export function withHeaders(
  answer: RegistryAnswer,
  changes: Readonly<Record<string, string | undefined>>,
): RegistryAnswer {
  const headers: Record<string, string> = { ...answer.headers };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete headers[name];
    else headers[name] = value;
  }
  return { ...answer, headers };
}

/** A body whose first byte is another one. */
export async function* corrupted(body: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let first = true;
  for await (const chunk of body) {
    const copy = Buffer.from(chunk);
    if (first && copy.byteLength > 0) {
      copy.writeUInt8(copy.readUInt8(0) ^ 0xff, 0);
      first = false;
    }
    yield copy;
  }
}
