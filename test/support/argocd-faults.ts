import type { ServerResponse } from 'node:http';
import type { ArgoCdCall } from '../../src/sandbox/argocd/argocd-host.ts';

/** What goes wrong with a request: another answer, none, one that never ends, or a cut connection; a stream may be cut after it began. */
export type ArgoCdFault =
  | { readonly is: 'answer'; readonly status: number; readonly type?: string; readonly body: string }
  | { readonly is: 'hang' }
  | { readonly is: 'drip' }
  | { readonly is: 'cut' };

/** Whether a request has gone wrong by this: then nothing else answers it. */
export function playArgoCdFault({ incoming, outgoing }: ArgoCdCall, fault: ArgoCdFault | undefined): boolean {
  if (fault?.is === 'drip') drip(outgoing);
  if (fault?.is === 'cut') incoming.socket.destroy();
  if (fault?.is === 'answer')
    outgoing.writeHead(fault.status, { 'content-type': fault.type ?? 'application/json' }).end(fault.body);
  return fault !== undefined;
}

/** A byte now and then, so that nobody takes it for dead. */
function drip(outgoing: ServerResponse): void {
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => outgoing.write(' '), 20);
  outgoing.once('close', () => clearInterval(timer));
}
