import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '../../src/events.ts';
import { type Api, type ApiAnswer, serveApi } from '../../src/sandbox/api.ts';
import { type GitHost, type GitHostFault, startGitHost } from '../../src/sandbox/git-host/git-host.ts';
import { isPush, shared } from '../commit/landing.ts';
import { gitEnv } from '../support/git-host.ts';
import { answerGraphql } from '../support/github/graphql.ts';
import { repositoriesOf } from '../support/github-repositories.ts';
import { type Claim, claimFrom, type WriterEnd } from './claim.ts';
import { pushByHand, upheave } from './human.ts';
import { type Random, randomFrom } from './random.ts';
import { fileNames, fileWith, type Schedule, type WriterPlan } from './schedule.ts';

/** What a schedule left behind: the repository, and what everybody said. */
export interface Played {
  readonly schedule: Schedule;
  /** The bare repository, its host closed. */
  readonly repo: string;
  readonly first: string;
  readonly claims: readonly Claim[];
  /** The writer that came when all was over, on a host without faults. */
  readonly sweeper: Claim;
  /** Commits that the branch was put on by force. */
  readonly forced: readonly string[];
  remove(): Promise<void>;
}

const root = resolve(import.meta.dirname, '../..');
const sweeper: WriterPlan = {
  name: 'sweeper',
  file: 'sweep.yaml',
  value: 'swept',
  startMs: 0,
  via: 'git',
  end: undefined,
};

/** Plays a schedule with real processes against a real git host, and lets a last writer clean up after them. */
export async function play(schedule: Schedule): Promise<Played> {
  const dir = await mkdtemp(join(tmpdir(), 'tagboat-schedule-'));
  const served = join(dir, 'served');
  const cast = new Map(schedule.writers.map((plan) => [plan.name, newActor(plan, schedule)]));
  let over = false;
  const host: GitHost = await startGitHost({
    env: gitEnv,
    dir: served,
    fault: async (request) => {
      const actor = cast.get(request.repo.split('/')[0] ?? '');
      if (!over && actor !== undefined) await overtake(actor, isPush(request), schedule, host);
      const weather =
        over || actor === undefined ? undefined : happening(actor, request.service === 'git-receive-pack', schedule);
      return weather ?? (schedule.host.oldProtocol ? { is: 'oldProtocol' } : undefined);
    },
  });
  const repositories = repositoriesOf(host, () => 'write');
  // A writer's token is its name.
  const api = await serveApi(async (request) => {
    const actor = cast.get(request.headers.authorization?.split(' ')[1] ?? '');
    const isPush = request.body.includes('createCommitOnBranch');
    if (!over && actor !== undefined) await overtake(actor, isPush, schedule, host);
    const weather = over || actor === undefined ? undefined : happening(actor, isPush, schedule);
    return inWeather(weather, () => answerGraphql(request, repositories));
  });
  try {
    await makeRepo(host, schedule);
    const repo = host.repoDir('config');
    const first = (await host.git('config', 'rev-parse', 'main')).trim();
    const forced = [first];
    const writing = [...cast.values()].map((actor) => act(actor, host, api, schedule.through));
    const hands = [
      ...schedule.humans.map((plan, at) => pushByHand(plan, repo, join(dir, `human-${at}`))),
      ...(schedule.upheaval === undefined ? [] : [upheave(schedule.upheaval, repo, first)]),
    ];
    const claims = await Promise.all(writing);
    await Promise.all(hands);
    over = true;
    const last = await act(newActor(sweeper, schedule), host, api, 'library');
    return {
      schedule,
      repo,
      first,
      claims,
      sweeper: last,
      forced,
      remove: () => rm(dir, { recursive: true, force: true }),
    };
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  } finally {
    await Promise.all([host.close(), api.close()]);
  }
}

/** What an API answers when this befalls a request. */
async function inWeather(weather: GitHostFault | undefined, answer: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  switch (weather?.is) {
    case 'answer':
      return { status: weather.status };
    case 'hang':
      return new Promise(() => undefined);
    case 'cut': {
      // It is done, and nobody can read what it says.
      const own = await answer();
      return { ...own, body: (own.body ?? '').slice(0, -1 - weather.bytes) };
    }
    case 'delay':
      await sleep(weather.ms);
      return answer();
    default:
      return answer();
  }
}

interface Actor {
  readonly plan: WriterPlan;
  /** What befalls its requests depends on the seed, its name and their number, not on the others. */
  readonly fate: Random;
  requests: number;
  child: ChildProcess | undefined;
  ended: boolean;
}

function newActor(plan: WriterPlan, { seed }: Schedule): Actor {
  return { plan, fate: randomFrom(seed).fork(plan.name), requests: 0, child: undefined, ended: false };
}

async function makeRepo(host: GitHost, { host: kind }: Schedule): Promise<void> {
  const values = [...fileNames, sweeper.file, 'hand.yaml'].map((name) => [name, fileWith('v')] as const);
  const files = Object.fromEntries([...values, ...Object.entries(shared)]);
  const config = {
    'receive.denyDeleteCurrent': 'ignore',
    'receive.advertiseAtomic': String(kind.atomic),
  };
  await host.createRepo('config', { files, config });
  const hooks = join(host.repoDir('config'), 'hooks');
  await mkdir(hooks, { recursive: true });
  // Every move of a ref, by whomever, as git itself saw it (githooks, "reference-transaction").
  // A blank line ends what moved together.
  const note = `#!/bin/sh\nif [ "$1" = committed ]; then printf '%s\\n\\n' "$(cat)" >> moves; fi\n`;
  await writeFile(join(hooks, 'reference-transaction'), note, { mode: 0o755 });
  if (kind.refusesIntents) {
    const refuse = '#!/bin/sh\ncase "$1" in refs/tagboat/*) exit 1;; esac\n';
    await writeFile(join(hooks, 'update'), refuse, { mode: 0o755 });
  }
}

/** What happens to a writer's next request; and when it is time, the writer is ended. */
function happening(actor: Actor, writes: boolean, { weather }: Schedule): GitHostFault | undefined {
  const { plan, fate } = actor;
  actor.requests += 1;
  if (plan.end?.atRequest === actor.requests) {
    const { signal, afterMs } = plan.end;
    setTimeout(() => {
      actor.ended = actor.child?.kill(signal) ?? false;
    }, afterMs);
  }
  const [roll, much] = [fate.next(), fate.next()];
  const odds: readonly (readonly [number, GitHostFault])[] = [
    [weather.answer, { is: 'answer', status: much < 0.5 ? 500 : 503 }],
    // A push's report is about a hundred bytes long: some of it, all of it, or nothing at all.
    [weather.cut, { is: 'cut', bytes: Math.floor(much * (writes ? 160 : 600)) }],
    [weather.late, { is: 'delay', ms: Math.floor(much * 300) }],
    [weather.hang, { is: 'hang' }],
  ];
  let sum = 0;
  return odds.find(([probability]) => {
    sum += probability;
    return roll < sum;
  })?.[1];
}

let byHand = 0;

/** Now and then a push finds that somebody was faster, by less than a look would show. */
async function overtake(
  { plan, fate }: Actor,
  isPush: boolean,
  { weather, upheaval }: Schedule,
  host: GitHost,
): Promise<void> {
  // Where there is no branch just now, this would make one.
  if (!isPush || upheaval?.is === 'delete') return;
  const [roll, where] = [fate.next(), fate.next()];
  if (roll >= weather.overtaken) return;
  const file = where < 0.4 ? plan.file : 'hand.yaml';
  // Somebody may be faster than this, too.
  await host.commit('config', { files: { [file]: fileWith(`hand-${++byHand}`) } }).catch(() => undefined);
}

/** Runs one writer to its end. Each has a name of its own for the repository, so that the host knows who asks. */
async function act(actor: Actor, host: GitHost, api: Api, asked: Schedule['through']): Promise<Claim> {
  const { plan } = actor;
  await symlink(host.dir, join(host.dir, plan.name));
  const url = `${host.url}/${plan.name}/config.git`;
  await sleep(plan.startMs);
  // The command line knows GitHub's API by a job's environment alone.
  const through = plan.via === 'github' ? 'library' : asked;
  const argv =
    through === 'library'
      ? [join(root, 'test', 'schedules', 'writer.mjs'), JSON.stringify({ url, graphql: `${api.url}/graphql`, ...plan })]
      : [
          ...[join(root, 'dist', 'cli.js'), 'commit', '--json', '--repo', url, '--branch', 'main'],
          ...['--set', `${plan.file}:.image.tag=${plan.value}`, '--message', `Set ${plan.file} to ${plan.value}`],
          ...['--author', `${plan.name} <${plan.name}@example.test>`],
        ];
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', NO_COLOR: '1' };
  const child = spawn(process.execPath, argv, { cwd: tmpdir(), env, stdio: ['ignore', 'pipe', 'pipe'] });
  actor.child = child;
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), 120_000);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done, fail) => {
    child.on('error', fail);
    child.on('close', (...end) => done(end));
  });
  clearTimeout(limit);
  const end: WriterEnd = { plan, code, signal, stderr, wasEnded: actor.ended, lines: linesOf(stdout) };
  return claimFrom(end, through);
}

function linesOf(stdout: string): (Event | Record<string, unknown>)[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Event);
}
