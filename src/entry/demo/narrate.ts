import type { Colors } from 'picocolors/types.js';
import type { Session } from '../run/session.ts';
import type { DemoWorld } from './world.ts';

/** What one run sent over the wire, as the demo's servers saw it. */
interface Traffic {
  /** Blobs (layers and image configs) that the registry took in, and those it had already. */
  readonly blobsSent: number;
  readonly blobsThere: number;
  readonly gitRequests: number;
  /** Bytes that the git host answered with. */
  readonly gitBytes: number;
}

/** Watches the servers from now on; the answer counts what came until it is called. */
export function watchTraffic({ registry, gitHost }: DemoWorld): () => Traffic {
  const registryFrom = registry.requests.length;
  const gitFrom = gitHost.requests.length;
  return () => {
    const asked = registry.requests.slice(registryFrom);
    const uploads = asked.filter(({ path, status }) => path.includes('/blobs/uploads/') && status === 201);
    const there = asked.filter(({ method, path, status }) => method === 'HEAD' && isBlob(path) && status === 200);
    const git = gitHost.requests.slice(gitFrom);
    return {
      blobsSent: uploads.length,
      blobsThere: new Set(there.map(({ path }) => path)).size,
      gitRequests: git.length,
      gitBytes: git.reduce((sum, { bytesOut }) => sum + bytesOut, 0),
    };
  };
}

function isBlob(path: string): boolean {
  return /\/blobs\/sha256:/.test(path);
}

/** What the traffic of a run means, as a line below it. */
export function trafficLine(traffic: Traffic, colors: Colors): string {
  const registry =
    traffic.blobsSent === 0
      ? 'the registry had every layer already'
      : `the registry took in ${count(traffic.blobsSent, 'blob')}, ${traffic.blobsThere} were there`;
  const git = `the config repo cost ${count(traffic.gitRequests, 'request')}, ${kilobytes(traffic.gitBytes)} read, no clone`;
  return colors.dim(`  On the wire: ${registry}; ${git}.`);
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

/** A step's title. */
export function title(session: Session, number: number, text: string, why: string): void {
  session.say(
    (colors) => `\n${colors.bold(colors.cyan(String(number)))}  ${colors.bold(text)}\n${colors.dim(`   ${why}`)}\n`,
  );
}

/** Where everything is, before anything runs. */
export function introduce(session: Session, demo: DemoWorld, repos: readonly string[]): void {
  const rows: readonly (readonly [string, string, string])[] = [
    ['git host', demo.gitHost.url, repos.join(', ')],
    ['registry', `http://${demo.registry.host}`, 'lets in whom AWS vouches for'],
    ['GitHub', demo.github.url, 'issues OIDC tokens to the job'],
    ['AWS', demo.aws.url, 'STS and ECR, with a role that trusts main'],
    ['Argo CD', demo.argocd.url, 'follows the config repo, and lets the job look'],
  ];
  session.say((colors) =>
    [
      colors.bold('Tagboat: from a pushed commit to healthy in Argo CD'),
      colors.dim('All of it runs on this machine, on loopback: real servers, no account, nothing left behind.'),
      '',
      ...rows.map(([what, where, note]) => `  ${what.padEnd(10)}${where.padEnd(25)}${colors.dim(note)}`),
    ].join('\n'),
  );
}
