import { WireFailure } from '../failure.ts';
import { type HttpResponse, readBody } from '../http.ts';

/** What is at most some megabytes is here by then, or never: a peer may send a byte a second. */
const longestMs = 120_000;

/** The whole of a short body, at most `limit` bytes. Throws WireFailure `tooLarge`, and `timeout` when it takes too long. */
export async function readShort(response: HttpResponse, limit: number, withinMs: number = longestMs): Promise<Buffer> {
  const { body, url } = response;
  const late = () => body.destroy(new WireFailure('timeout', url, { message: `${url} did not come to an end` }));
  const timer = setTimeout(late, withinMs);
  try {
    return await readBody(response, limit);
  } finally {
    clearTimeout(timer);
  }
}
