import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveApi } from '../src/sandbox/api.ts';
import { startGitHost } from '../src/sandbox/git-host/git-host.ts';
import { makeCertificates } from '../test/support/cluster/certificates.ts';
import { freePorts } from '../test/support/cluster/processes.ts';
import { hasProgram } from '../test/support/docker-registry.ts';
import { answerGraphql } from '../test/support/github/graphql.ts';
import { repositoriesOf } from '../test/support/github-repositories.ts';
import { commitByRest, restOf } from './by-rest.ts';
import { type Folders, inTurn } from './commit.ts';
import { type Target, targets } from './config-repo.ts';
import { delayProxy } from './delay.ts';
import { assertLanded, baseRepo, freshCopy } from './fixture.ts';
import type { Flow } from './flows.ts';
import { deliveryOf, github, landOnce, noDepth } from './hosts.ts';
import { run } from './process.ts';
import type { CommitCell } from './results.ts';
import type { ApiRuns, RivalResults } from './rivals-report.ts';

const files = 10_000;
const roundTripMs = 50;

interface RivalPlan {
  readonly rounds: number;
  readonly flows: readonly Flow[];
  /** The folder of another git than the one that is installed. */
  readonly newerGit: string | undefined;
}

/** What others do with the same hosts: a commit by an API's small steps, and git behind a front as users have it. */
export async function measureRivals(
  { rounds, flows, newerGit }: RivalPlan,
  folders: Folders,
): Promise<Omit<RivalResults, 'around'>> {
  const front = hasProgram('nginx')
    ? await behindNginx(rounds, flows, folders)
    : 'nginx is missing (Debian: nginx-light)';
  const newer = newerGit === undefined ? noNewerGit : await withGit(newerGit, rounds, flows, folders);
  return { files, roundTripMs, api: await byApi(rounds, folders), front, newer };
}

function targetNamed(name: Target['name']): Target {
  const found = targets(files).find((target) => target.name === name);
  if (found === undefined) throw new RangeError(`there is no target ${name}`);
  return found;
}

async function byApi(rounds: number, folders: Folders): Promise<ApiRuns[]> {
  const base = await baseRepo(folders.cache, files);
  const target = targetNamed('top');
  const headers = { 'x-github-request-id': '1' };
  const host = await startGitHost({ env: process.env, dir: join(folders.temp, 'rivals'), headers });
  const repositories = repositoriesOf(host, () => 'write');
  const api = await serveApi((request) =>
    request.path.endsWith('/graphql') ? answerGraphql(request, repositories) : restOf(request, host),
  );
  const proxies = await Promise.all(
    [api.url, host.url].map((url) => delayProxy(Number(new URL(url).port), roundTripMs)),
  );
  const [apiUrl = '', gitUrl = ''] = proxies.map(({ port }) => `http://127.0.0.1:${port}`);
  const repo = host.repoDir('acme/config');
  mkdirSync(dirname(repo), { recursive: true });
  const runs = {
    rest: { requests: [] as number[], seconds: [] as number[] },
    ours: { requests: [] as number[], seconds: [] as number[] },
  };
  const timed = async (into: typeof runs.rest, value: string, commit: () => Promise<number>): Promise<void> => {
    await freshCopy(base, repo);
    const began = performance.now();
    into.requests.push(await commit());
    into.seconds.push((performance.now() - began) / 1_000);
    await assertLanded(base, repo, target, value);
  };
  try {
    const { stdout: text } = await run({ argv: ['git', '-C', base, 'show', `main:${target.file}`] });
    for (let round = 0; round < rounds; round += 1) {
      const [theirs, ours] = [randomBytes(20).toString('hex'), randomBytes(20).toString('hex')];
      const line = new RegExp(`(^${target.section}:\\n(?: .*\\n)*?  ${target.key}: ).*$`, 'm');
      const changed = text.replace(line, `$1${theirs}`);
      await timed(runs.rest, theirs, () =>
        commitByRest({ api: apiUrl, repository: 'acme/config', file: target.file, text: changed }),
      );
      const delivery = { ...deliveryOf(target, ours), repo: `${gitUrl}/acme/config.git`, via: 'github' as const };
      await timed(runs.ours, ours, async () => (await landOnce(delivery, apiUrl)).requests);
    }
  } finally {
    await Promise.all([...proxies, host, api].map((one) => one.close()));
  }
  return [
    { title: 'blob, tree, commit and ref by REST', ...runs.rest },
    { title: '`via: github`', ...runs.ours },
  ];
}

const noNewerGit = 'no folder of one was given (`--git FOLDER`)';

/** The same with another git at both ends, from this folder. */
async function withGit(folder: string, rounds: number, flows: readonly Flow[], folders: Folders): Promise<CommitCell> {
  const target = targetNamed('deep');
  const base = await baseRepo(folders.cache, files);
  const PATH = `${folder}:${process.env.PATH}`;
  const dir = join(folders.temp, 'newer');
  const host = await startGitHost({ env: { ...process.env, PATH }, dir, headers: github });
  const proxy = await delayProxy(Number(new URL(host.url).port), roundTripMs);
  try {
    const origin = `http://127.0.0.1:${proxy.port}`;
    const lane = { base, host, origin, config: noDepth, temp: folders.temp, env: { PATH } };
    return { files, roundTripMs, target: 'deep', ...(await inTurn(flows, rounds, lane, target)) };
  } finally {
    await proxy.close();
    await host.close();
  }
}

async function behindNginx(rounds: number, flows: readonly Flow[], folders: Folders): Promise<CommitCell> {
  const target = targetNamed('top');
  const base = await baseRepo(folders.cache, files);
  const host = await startGitHost({ env: process.env, dir: join(folders.temp, 'fronted') });
  const nginx = await startNginx(Number(new URL(host.url).port), join(folders.temp, 'nginx'));
  const proxy = await delayProxy(nginx.port, roundTripMs);
  try {
    const lane = {
      ...{ base, host, temp: folders.temp, origin: `https://127.0.0.1:${proxy.port}` },
      env: { GIT_SSL_CAINFO: nginx.ca, TAGBOAT_CA_FILE: nginx.ca },
    };
    return { files, roundTripMs, target: 'top', ...(await inTurn(flows, rounds, lane, target)) };
  } finally {
    await proxy.close();
    await nginx.close();
    await host.close();
  }
}

/** TLS and HTTP/2 in front of a port of loopback, as a host's own front does it. */
async function startNginx(
  to: number,
  dir: string,
): Promise<{ readonly port: number; readonly ca: string; close(): Promise<void> }> {
  mkdirSync(dir, { recursive: true });
  const { ca, cert, key } = makeCertificates(dir);
  const [port = 0] = await freePorts(1);
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${dir}/${what};`);
  const config = join(dir, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off; pid ${dir}/pid; error_log stderr; worker_processes 1; user ${process.getuid?.() === 0 ? 'root' : 'nobody'};
events {}
http {
  access_log off; client_max_body_size 0; ${temp.join(' ')}
  upstream git { server 127.0.0.1:${to}; keepalive 8; }
  server {
    listen 127.0.0.1:${port} ssl http2;
    ssl_certificate ${cert}; ssl_certificate_key ${key};
    location / {
      proxy_pass http://git; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_request_buffering off;
    }
  }
}
`,
  );
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const child = spawn('nginx', ['-p', dir, '-c', config], { stdio: ['ignore', 'ignore', 'inherit'], env });
  await listens(child, port);
  return {
    port,
    ca,
    close: async () => {
      const over = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await over;
    },
  };
}

async function listens(child: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}.`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await sleep(50);
  }
}
