// Argo CD tells why it can't compare or sync in one text, with the status of its own gRPC and what Go's network said in
// it. These words only ever make us wait: no verdict is made of any.
const codes = /\bcode = (?:Unavailable|DeadlineExceeded|Canceled|ResourceExhausted|Aborted)\b/;
const network = [
  'dial tcp',
  'dial unix',
  'connection refused',
  'connection reset by peer',
  'broken pipe',
  'no such host',
  'no route to host',
  'network is unreachable',
  'i/o timeout',
  'TLS handshake timeout',
  'context deadline exceeded',
  'context canceled',
  'Client.Timeout exceeded',
  'unexpected EOF',
  ': EOF',
  'server misbehaving',
  'Temporary failure in name resolution',
  'Could not resolve host',
  "Couldn't connect to server",
  'The requested URL returned error: 5',
  'the remote end hung up unexpectedly',
  'failed to get cluster info',
  'error synchronizing cache state',
  'the server is currently unable to handle the request',
  'etcdserver: request timed out',
  'etcdserver: leader changed',
  'apiserver not ready',
  'Too Many Requests',
  'Bad Gateway',
  'Service Unavailable',
  'Gateway Timeout',
];

/** Whether a message of Argo CD's says that it couldn't ask somebody, which says nothing of what we delivered. Pure. */
export function isPassing(message: string): boolean {
  return codes.test(message) || network.some((words) => message.includes(words));
}
