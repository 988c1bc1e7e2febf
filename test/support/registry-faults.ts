import { Readable } from 'node:stream';
import type { RegistryAnswer } from '../../src/sandbox/registry/answer.ts';
import type { RegistryExchange } from '../../src/sandbox/registry/registry.ts';

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

/** One request, with what is to go wrong with it. */
export async function playFault(exchange: RegistryExchange, fault: RegistryFault | undefined): Promise<void> {
  const { request, call, incoming, outgoing, handle, send } = exchange;
  const cut = () => void incoming.socket.destroy();
  if (fault?.is === 'hang') return;
  if (fault?.is === 'answer') return send(fault);
  const asked = fault?.is === 'cutRequest' ? { ...call, body: cutAfter(call.body, fault.after, cut) } : call;
  let answer = await handle(asked);
  if (fault?.is === 'loseAnswer' || fault?.is === 'cutRequest') return cut();
  if (fault?.is === 'headers') answer = withHeaders(answer, fault.headers);
  if (fault?.is === 'corrupt') answer = { ...answer, body: Readable.from(corrupted(pieces(answer.body))) };
  if (fault?.is !== 'cutAnswer') return send(answer);
  request.status = answer.status;
  outgoing.writeHead(answer.status, answer.headers);
  outgoing.flushHeaders();
  for await (const chunk of cutAfter(pieces(answer.body), fault.after, () => undefined)) outgoing.write(chunk);
}

async function* pieces(body: RegistryAnswer['body']): AsyncIterable<Buffer> {
  if (body instanceof Readable) yield* body as AsyncIterable<Buffer>;
  else if (body !== undefined) yield Buffer.from(body);
}

/** The first `after` bytes of a body; then `cut` is called and the stream fails, as for a peer that went away. */
async function* cutAfter(body: AsyncIterable<Buffer>, after: number, cut: () => void): AsyncIterable<Buffer> {
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
function withHeaders(answer: RegistryAnswer, changes: Readonly<Record<string, string | undefined>>): RegistryAnswer {
  const headers: Record<string, string> = { ...answer.headers };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete headers[name];
    else headers[name] = value;
  }
  return { ...answer, headers };
}

/** A body whose first byte is another one. */
async function* corrupted(body: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
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
