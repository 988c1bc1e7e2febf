import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** One request to the registry. */
export interface RegistryCall {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
}

/** A request about one repository. */
export interface RepositoryCall extends RegistryCall {
  readonly repository: string;
}

/** What the registry answers. A body that is a stream has its length among the headers. */
export interface RegistryAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
}

/** An error as the distribution spec words it. */
export function registryRefusal(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): RegistryAnswer {
  return jsonAnswer(status, { errors: [{ code, message }] }, headers);
}

export function noRepository(repository: string): RegistryAnswer {
  return registryRefusal(404, 'NAME_UNKNOWN', `There is no repository ${repository}.`);
}

/** An answer in JSON. */
export function jsonAnswer(status: number, value: unknown, headers: Record<string, string> = {}): RegistryAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: `${JSON.stringify(value)}\n` };
}

/** A body of at most `limit` bytes, or undefined when it is larger. */
export async function collectBody(body: AsyncIterable<Buffer>, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
