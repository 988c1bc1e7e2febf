import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { main } from '../../src/entry/cli/main.ts';
import { accountTrusting, role } from '../../src/entry/demo/world.ts';
import type { Outside } from '../../src/entry/run/stopping.ts';
import type { Event } from '../../src/events.ts';
import type { GitHost } from '../../src/sandbox/git-host/git-host.ts';
import type { Registry } from '../../src/sandbox/registry/registry.ts';
import { type Aws, type AwsOptions, startAws } from './aws/aws.ts';
import { faultsOf } from './events.ts';
import { git, gitHost, tempDir } from './git-host.ts';
import { type GitHub, type GitHubOptions, startGitHub } from './github/github.ts';
import { startOwnRegistry } from './registries.ts';

const root = resolve(import.meta.dirname, '../..');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout's lines as events, where `--json` was given. */
  readonly events: readonly Event[];
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Told of each line of stdout as it comes; may end the process. */
  readonly onLine?: (line: string, kill: (signal: NodeJS.Signals) => void) => void;
  /** Told how to end the process, as soon as it runs. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
  /** Another program of the package than the CLI. */
  readonly script?: string;
  /** Another Node than the one that runs the tests. */
  readonly node?: string;
  /** In a process of its own, whatever else is asked for. */
  readonly alone?: boolean;
  /** A program, with its arguments, to run it in. */
  readonly within?: readonly [string, ...string[]];
}

/**
 * Runs the whole command line, without anything of the caller's accounts: in this process, since to start another one
 * costs more than what most commands do. Where the process itself matters (signals, another program or Node), in one of
 * its own.
 */
export async function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', NO_COLOR: '1', ...options.env };
  const { code, stdout, stderr } = await (ownProcess(options)
    ? inChild(args, options, env)
    : inside(args, options, env));
  const events = args.includes('--json')
    ? stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Event)
    : [];
  // Whatever a test asks of a run: each of its events is one that the schema knows.
  const faults = events.flatMap(faultsOf);
  if (faults.length > 0) throw new Error(`Events that their schema refuses:\n${faults.join('\n')}`);
  return { code, stdout, stderr, events };
}

type Ended = Omit<CliResult, 'events'>;

function ownProcess(options: CliOptions): boolean {
  const { alone, script, node, within, onLine, onStart } = options;
  return alone === true || [script, node, within, onLine, onStart].some((given) => given !== undefined);
}

async function inside(args: readonly string[], options: CliOptions, env: NodeJS.ProcessEnv): Promise<Ended> {
  const stream = () => {
    const chunks: Buffer[] = [];
    const write = (chunk: Buffer, _: string, done: () => void) => {
      chunks.push(chunk);
      done();
    };
    return { sink: new Writable({ write }), text: () => Buffer.concat(chunks).toString() };
  };
  const [stdout, stderr] = [stream(), stream()];
  const outside = Object.assign(new EventEmitter(), {
    env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)),
    cwd: () => options.cwd ?? root,
    stdin: { isTTY: false },
    stdout: stdout.sink,
    stderr: stderr.sink,
    exit: (code: number) => {
      throw new Error(`ended at once with ${code}`);
    },
  }) as unknown as Outside;
  const code = await main(args, outside);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function inChild(args: readonly string[], options: CliOptions, env: NodeJS.ProcessEnv): Promise<Ended> {
  const script = options.script ?? join(root, 'dist', 'cli.js');
  return new Promise((done, fail) => {
    const [program, ...rest] = [...(options.within ?? []), options.node ?? process.execPath, script, ...args] as [
      string,
      ...string[],
    ];
    const child = spawn(program, rest, { cwd: options.cwd ?? root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    options.onStart?.((signal) => child.kill(signal));
    let stdout = '';
    let stderr = '';
    let open = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const lines = (open + text).split('\n');
      open = lines.pop() ?? '';
      for (const line of lines) options.onLine?.(line, (signal) => child.kill(signal));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', fail);
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

/** The result that every `--json` run ends with. */
export function resultOf({ events }: CliResult): Extract<Event, { type: 'result' }> {
  const last = events.at(-1);
  if (last?.type !== 'result') throw new Error('the last event is no result');
  return last;
}

/** Everything a delivery needs, real servers on loopback, and an app repo to deliver. */
export interface Town {
  readonly host: GitHost;
  readonly registry: Registry & { readonly dir: string };
  readonly github: GitHub;
  readonly aws: Aws;
  readonly app: string;
  readonly token: string;
  /** Where the CLI puts its temporary files. */
  readonly temp: string;
  /** The job's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Commits everything in the app repo. */
  commit(message: string): Promise<string>;
  write(files: Readonly<Record<string, string>>): Promise<void>;
}

type RoleChange = Partial<AwsOptions['roles'][number]>;

/** What is different in a town's servers. */
export interface TownServers {
  readonly git?: Parameters<typeof gitHost>[0];
  readonly github?: GitHubOptions;
  readonly aws?: Partial<AwsOptions>;
  /** What is different in the role; where that rests on who issues tokens, asked with the issuer as IAM names it. */
  readonly role?: RoleChange | ((issuer: string) => RoleChange);
}

/** Two images and one delivery on servers that let in only whom they should. */
export async function town(
  registryOptions: Parameters<typeof startOwnRegistry>[0] = {},
  servers: TownServers = {},
): Promise<Town> {
  const host = await gitHost(servers.git);
  const github = await startGitHub(servers.github);
  onTestFinished(() => github.close());
  const account = accountTrusting(github);
  const change = typeof servers.role === 'function' ? servers.role(github.issuer.replace('http://', '')) : servers.role;
  const roles = account.roles.map((one) => ({ ...one, ...change }));
  const aws = await startAws({ ...account, roles, ...servers.aws });
  onTestFinished(() => aws.close());
  const registry = await startOwnRegistry({ auth: 'basic', verify: aws.verify, ...registryOptions });
  onTestFinished(() => registry.close());
  const token = 'planted-git-token-0123456789abcdef';
  const repo = await host.createRepo('config', {
    files: { 'main/values.yaml': '# the shop\nfront:\n  imageTag: none   # by CI\n  replicas: 2\n' },
  });
  host.setAccess('config', { tokens: { [token]: 'write' } });
  const app = await tempDir();
  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(app, path)), { recursive: true });
      await writeFile(join(app, path), text);
    }
  };
  await git(app, 'init', '--quiet', '--initial-branch=main');
  await write({
    'app/Dockerfile': 'FROM scratch\nCOPY app/hello /hello\nCMD ["/hello"]\n',
    'app/hello': 'hello\n',
    'web/Dockerfile': 'FROM scratch\nCOPY web/index.html /srv/\n',
    'web/index.html': '<h1>hello</h1>\n',
    'tagboat.yaml': `registry: { host: "${registry.host}", login: ecr }
aws: { role: "${role}", region: ap-northeast-1, sessionSeconds: 1800 }
images:
  app: { repository: app-repo, dockerfile: app/Dockerfile, platforms: [linux/amd64] }
  web: { repository: web-repo, dockerfile: web/Dockerfile, platforms: [linux/amd64] }
deliveries:
  main:
    from: main
    repo: ${repo}
    set:
      main/values.yaml: { .front.imageTag: "{tag}" }
`,
  });
  const commit = async (message: string): Promise<string> => {
    await git(app, 'add', '--all');
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];
    await git(app, ...who, 'commit', '--quiet', '--allow-empty', '--message', message);
    return (await git(app, 'rev-parse', 'HEAD')).trim();
  };
  await commit('Open the shop');
  const temp = await tempDir();
  const env = { TMPDIR: temp, ...github.env, ...aws.env, TAGBOAT_TOKEN: token, GITHUB_ACTIONS: 'false' };
  return { host, registry, github, aws, app, token, temp, env, commit, write };
}
