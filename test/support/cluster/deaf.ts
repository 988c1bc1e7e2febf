import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Deaf {
  /** Its origin. */
  readonly url: string;
  /** Takes refreshes from now on. */
  hear(): void;
  close(): Promise<void>;
}

/** Starts an Argo CD API server that does what the one behind it does, save that a refresh which is asked for isn't. */
export async function startDeaf(behind: string): Promise<Deaf> {
  let deaf = true;
  const server = createServer((asked, answer) => {
    const url = new URL(asked.url ?? '/', behind);
    if (deaf) url.searchParams.delete('refresh');
    const passed = request(url, { method: asked.method, headers: asked.headers }, (response: IncomingMessage) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      answer.flushHeaders();
      response.pipe(answer);
    });
    passed.once('error', () => answer.destroy());
    answer.once('close', () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hear: () => {
      deaf = false;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
