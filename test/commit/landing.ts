import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type LandOptions, landDelivery } from '../../src/commit/commit.ts';
import type { CommitOutcome } from '../../src/plan/outcome.ts';
import type { DeliveryPlan, Edit, GitCredential } from '../../src/plan.ts';
import type { GitHost, GitHostFault, GitHostRequest } from '../../src/sandbox/git-host/git-host.ts';
import { packet } from '../../src/wire/git/pktline.ts';
import { Secret } from '../../src/wire/secret.ts';
import { jumpingClock, type TestWorld, testWorld } from '../support/world.ts';

/** A values file that only a careful editor leaves alone: comments, odd spacing, no newline at its end. */
export const values = '# the shop\nfront:\n  imageTag:   a   # from CI\n  replicas: 2\nback: {imageTag: "a"}';

/** `values` with the front's tag set. */
export const valuesWith = (tag: string): string => values.replace('imageTag:   a   #', `imageTag:   ${tag}   #`);

export const chart = {
  'main/values.yaml': values,
  'main/Chart.yaml': 'apiVersion: v2\nname: main\n',
  'main/templates/deployment.yaml': 'kind: Deployment\n',
  'README.md': 'A config repo\n',
};

/** What a config repo says whose writers may land each other's values in any file, without a key of theirs. */
export const shared = { '.tagboat/queue.json': JSON.stringify({ version: 1, files: ['**'] }) };

export const bot = {
  name: 'github-actions[bot]',
  email: '41898282+github-actions[bot]@users.noreply.github.com',
};

export function setTag(value: string, file = 'main/values.yaml', path = '.front.imageTag'): Edit {
  return { file, path, value, create: false };
}

export function deliveryTo(repo: string, ...edits: Edit[]): DeliveryPlan {
  return {
    name: 'production',
    repo,
    branch: 'main',
    edits: edits.length > 0 ? edits : [setTag('b')],
    message: 'Set front to b\n\nTagboat-Source: abc',
    author: bot,
    committer: bot,
    deploy: undefined,
  };
}

export function tokenCredential(token: string, scheme: 'Basic' | 'Bearer' = 'Basic'): GitCredential {
  const value = scheme === 'Basic' ? Buffer.from(`x-access-token:${token}`).toString('base64') : token;
  return { authorization: new Secret(`${scheme} ${value}`, 'TAGBOAT_TOKEN'), label: 'TAGBOAT_TOKEN' };
}

/** A world in which waits are over at once. */
export function quickWorld(): TestWorld {
  return testWorld({ clock: jumpingClock() });
}

/** Lands by compare-and-swap alone; the queue has tests of its own. */
export function land(
  delivery: DeliveryPlan,
  world: TestWorld = quickWorld(),
  credential?: GitCredential,
  options?: LandOptions,
): Promise<CommitOutcome> {
  return landDelivery(world, world.emit, delivery, credential, { queue: false, ...options });
}

/** What a landing is refused with, having left the branch of the repository `config` where it was. */
export async function refusal(host: GitHost, ...landing: Parameters<typeof land>): Promise<unknown> {
  const tip = await tipOf(host, 'config').catch(() => undefined);
  const error: unknown = await land(...landing).then(
    (outcome) => expect.unreachable(`it ended as ${outcome.is}`),
    (reason: unknown) => reason,
  );
  expect(await tipOf(host, 'config').catch(() => undefined)).toBe(tip);
  return error;
}

/** Narrows to a landed outcome, or fails the test. */
export function landed(outcome: CommitOutcome): Extract<CommitOutcome, { is: 'landed' }> {
  expect(outcome.is).toBe('landed');
  return outcome as Extract<CommitOutcome, { is: 'landed' }>;
}

/** A file's exact bytes at the branch. */
export function fileAt(host: GitHost, repo: string, path = 'main/values.yaml', branch = 'main'): Promise<string> {
  return host.git(repo, 'show', `${branch}:${path}`);
}

export async function tipOf(host: Pick<GitHost, 'git' | 'repoDir'>, repo: string, branch = 'main'): Promise<string> {
  // A loose ref is a file; to ask git for it is a process, some thousand times.
  const loose = await readFile(join(host.repoDir(repo), 'refs', 'heads', branch), 'utf8').catch(() => undefined);
  return (loose ?? (await host.git(repo, 'rev-parse', branch))).trim();
}

/**
 * The refs of a repository below `under`, as `git for-each-ref` lists them, read from its files: some hundred tests ask
 * for them.
 */
export async function refsOf(host: GitHost, repo: string, under = 'refs'): Promise<string> {
  const dir = host.repoDir(repo);
  const packed = await readFile(join(dir, 'packed-refs'), 'utf8').catch(() => '');
  const refs = new Map([...packed.matchAll(/^([0-9a-f]{40,64}) (refs\/.+)$/gm)].map(([, id, name]) => [name, id]));
  const files = await readdir(join(dir, 'refs'), { recursive: true, withFileTypes: true });
  for (const file of files.filter((one) => one.isFile() && !one.name.endsWith('.lock'))) {
    const path = join(file.parentPath, file.name);
    const id = await readFile(path, 'utf8').catch(() => undefined);
    if (id !== undefined) refs.set(path.slice(dir.length + 1), id.trim());
  }
  const wanted = [...refs].filter(([name]) => name === under || name?.startsWith(`${under}/`));
  const lines = wanted.map(([name, id]) => `${id} ${name}\n`).sort((a, b) => (a.slice(41) < b.slice(41) ? -1 : 1));
  return lines.join('');
}

/** The subjects of a repository's commits since its first, in their order. */
export async function subjectsIn(host: GitHost, repo: string): Promise<string[]> {
  return (await host.git(repo, 'log', '--format=%s', '--reverse', 'main')).trim().split('\n').slice(1);
}

/** Checks everything git can check about a repository. A beaten push leaves its objects behind, which is no fault. */
export async function isSound(host: GitHost, repo: string): Promise<void> {
  expect(await host.git(repo, 'fsck', '--strict', '--full', '--no-dangling')).toBe('');
}

export const isPush = ({ service, isCall }: GitHostRequest): boolean => service === 'git-receive-pack' && isCall;

/** Whatever became of a push, the host reports it as done. */
export const saysDone = (request: GitHostRequest): GitHostFault => ({
  is: 'alter',
  change: () =>
    Buffer.from(
      `${['unpack ok', ...request.refs.map((ref) => `ok ${ref}`)].map((line) => packet(`${line}\n`)).join('')}0000`,
    ),
});

/** Whatever became of a push, the host reports all of it as refused. */
export const saysNo: GitHostFault = {
  is: 'alter',
  change: (report) => Buffer.from(report.toString('latin1').replace(/ok refs\//g, 'ng refs/'), 'latin1'),
};

/** A hook of the repository `config`, in the shell's words. */
export async function addHook(host: GitHost, name: string, script: string): Promise<void> {
  const hooks = join(host.repoDir('config'), 'hooks');
  await mkdir(hooks, { recursive: true });
  await writeFile(join(hooks, name), `#!/bin/sh\n${script}`, { mode: 0o755 });
}

export const pushesIn = (host: GitHost): GitHostRequest[] => host.requests.filter(isPush);

export const noticesIn = (world: TestWorld): string[] =>
  world.events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));
