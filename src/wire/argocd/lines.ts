import { StringDecoder } from 'node:string_decoder';
import { WireFailure, wrongAnswer } from '../failure.ts';
import { jsonIn } from '../fields.ts';

/**
 * The JSON values of a stream, as they come: one a line, or as server-sent events, whose `data:` lines are such lines
 * (WHATWG HTML §9.2). Comments and other fields are passed over. Throws WireFailure when a value is larger than
 * `limit` characters or isn't JSON.
 */
export async function* jsonLines(
  body: AsyncIterable<Buffer>,
  from: { readonly url: string; readonly limit: number },
): AsyncGenerator<unknown> {
  const decoder = new StringDecoder('utf8');
  let open: string[] = [];
  let size = 0;
  for await (const chunk of body) {
    const pieces = decoder.write(chunk).split('\n');
    for (const [index, piece] of pieces.entries()) {
      size += piece.length;
      if (size > from.limit) {
        throw new WireFailure('tooLarge', from.url, {
          message: `${from.url} sent more than ${from.limit} characters in one value`,
        });
      }
      open.push(piece);
      if (index === pieces.length - 1) break;
      const value = valueOf(open.join(''), from.url);
      open = [];
      size = 0;
      if (value !== undefined) yield value;
    }
  }
  const last = valueOf(open.join('') + decoder.end(), from.url);
  if (last !== undefined) yield last;
}

function valueOf(line: string, url: string): unknown {
  const text = line.replace(/^data: ?/, '').trim();
  if (text === '' || /^(?::|event:|id:|retry:)/.test(text)) return undefined;
  const value = jsonIn(text);
  if (value !== undefined) return value;
  throw wrongAnswer(url, 'streams something else than JSON');
}
