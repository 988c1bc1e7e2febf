import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Env } from '../../wire/world.ts';
import { listenOnLoopback } from '../loopback.ts';
import { accessRefusal, type RepoAccess } from './access.ts';
import { type CgiReply, httpBackend, runCgi } from './cgi.ts';
import { hearCommands } from './commands.ts';
import { commitFiles, createBareRepo, type RepoCommit, type RepoOptions, runGit } from './repo.ts';
import { createTurns } from './turns.ts';

/** One request as the host saw it. Byte counts grow until it is over; they hold the headers too. */
export interface GitHostRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly repo: string;
  readonly service: 'git-upload-pack' | 'git-receive-pack' | undefined;
  /** True when it carries commands (POST), false for the advertisement. */
  readonly isCall: boolean;
  /** Counts the host's connections from 1. */
  readonly connection: number;
  /** Its place among all requests, from 1. */
  readonly number: number;
  readonly authorized: boolean;
  /** The refs that a push asks to move, once it has said so. */
  refs: readonly string[];
  status: number;
  bytesIn: number;
  bytesOut: number;
  /** From its headers to the end of its answer, milliseconds. */
  tookMs: number;
}

/** An answer that isn't git's. */
export interface GitHostAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** What goes wrong with one request. */
export type GitHostFault =
  /** Git is not asked: this is the answer. */
  | ({ readonly is: 'answer' } & GitHostAnswer)
  /** Git is not asked, and nothing is ever answered. */
  | { readonly is: 'hang' }
  /** Git runs to its end; then this many bytes of its answer's body are sent and the connection is cut. */
  | { readonly is: 'cut'; readonly bytes: number }
  /** Git runs to its end, and its whole answer goes through `change`. */
  | { readonly is: 'alter'; readonly change: (body: Buffer) => Buffer }
  /** The client's `Git-Protocol` header is not passed on: git speaks version 0, or 1. */
  | { readonly is: 'oldProtocol'; readonly version?: 1 }
  /** Git answers, with these headers besides. */
  | { readonly is: 'tells'; readonly headers: Readonly<Record<string, string>> }
  | { readonly is: 'delay'; readonly ms: number };

export interface GitHostOptions {
  /** The environment git runs in, `PATH` above all. The user's own git configuration is kept out. */
  readonly env: Env;
  /** Where the bare repositories are kept. Default: a temp folder, removed at the end. */
  readonly dir?: string;
  readonly port?: number;
  /** Git processes at once, as hosts limit them; further requests wait. Default: no limit. */
  readonly workers?: number;
  /** On every answer of git's, as some hosts tell what they are. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How this host reads fetches otherwise than git: the body that git is to see, or the answer. */
  readonly reads?: (
    fetch: IncomingMessage,
    repoDir: string,
    env: Env,
  ) => Promise<{ body: Buffer | undefined } | GitHostAnswer>;
  /** Asked before each request is looked at; may wait, or change repositories meanwhile. */
  readonly fault?: (request: GitHostRequest) => GitHostFault | undefined | Promise<GitHostFault | undefined>;
}

/** A repository to make, and who may use it. */
export type RepoSetup = RepoOptions & { readonly access?: RepoAccess };

/** A git host on loopback: git's own http-backend behind http, for the demo and the tests. */
export interface GitHost {
  readonly url: string;
  readonly dir: string;
  readonly requests: readonly GitHostRequest[];
  /** The smart-HTTP URL of a repository. */
  repoUrl(name: string): string;
  repoDir(name: string): string;
  /** Makes a bare repository and answers its URL. Names have no `.git`. */
  createRepo(name: string, setup?: RepoSetup): Promise<string>;
  /** Makes a commit behind everybody's back. Answers its id. */
  commit(name: string, commit: RepoCommit): Promise<string>;
  /** Replaces a repository's rules; undefined opens it. */
  setAccess(name: string, access: RepoAccess | undefined): void;
  /** Runs git in a repository. */
  git(name: string, ...args: string[]): Promise<string>;
  close(): Promise<void>;
}

/** Starts a git host. Rejects when git has no http-backend. */
export async function startGitHost(options: GitHostOptions): Promise<GitHost> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'tagboat-git-host-')));
  await mkdir(dir, { recursive: true });
  const env: Env = { ...options.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', HOME: dir };
  const program = await httpBackend(env);
  const rules = new Map<string, RepoAccess>();
  const requests: GitHostRequest[] = [];
  const children = new Set<ChildProcess>();
  const turns = createTurns(options.workers ?? Number.POSITIVE_INFINITY);
  const connections = new Map<Socket, number>();
  const repoDir = (name: string): string => join(dir, `${name}.git`);
  let opened = 0;

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const request = record(incoming, connections.get(incoming.socket) ?? 0, requests.length + 1);
    requests.push(request);
    count(incoming.socket, outgoing, request);
    const fault = await options.fault?.(request);
    const told = { ...options.headers, ...(fault?.is === 'tells' ? fault.headers : {}) };
    for (const [name, value] of Object.entries(told)) outgoing.setHeader(name, value);
    if (fault?.is === 'hang') return;
    if (fault?.is === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault?.is === 'answer') return answer(outgoing, fault);
    const refused = accessRefusal(request, incoming.headers.authorization, rules.get(request.repo));
    if (refused !== undefined) return answer(outgoing, refused);
    const isFetch = request.isCall && request.service === 'git-upload-pack';
    const reads = (isFetch && options.reads) || (async () => ({ body: undefined }));
    const asked = await reads(incoming, repoDir(request.repo), env);
    if ('status' in asked) return answer(outgoing, asked);
    const done = await turns.take();
    // Nobody waits for the answer any more, and what is left of the request never comes.
    if (outgoing.destroyed) return done();
    if (request.isCall && request.service === 'git-receive-pack') {
      hearCommands(incoming, (refs) => Object.assign(request, { refs }));
    }
    const old = fault?.is === 'oldProtocol';
    const protocol = old ? fault.version && `version=${fault.version}` : incoming.headers['git-protocol']?.toString();
    const reply = await runCgi(
      { program, projects: dir, incoming, ...request, user: 'sandbox', protocol, body: asked.body, env },
      (child) => {
        children.add(child);
        child.once('close', () => {
          children.delete(child);
          done();
        });
      },
    );
    await pass(reply, outgoing, fault);
  };

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    connections.set(socket, ++opened);
    socket.once('close', () => connections.delete(socket));
  });
  const { host, close } = await listenOnLoopback(server, options.port);
  const url = `http://${host}`;

  return {
    url,
    dir,
    requests,
    repoDir,
    repoUrl: (name) => `${url}/${name}.git`,
    createRepo: async (name, { access, ...repo } = {}) => {
      await createBareRepo(repoDir(name), repo, env);
      if (access !== undefined) rules.set(name, access);
      return `${url}/${name}.git`;
    },
    commit: (name, commit) => commitFiles(repoDir(name), commit, env),
    setAccess: (name, access) => {
      if (access === undefined) rules.delete(name);
      else rules.set(name, access);
    },
    git: (name, ...args) => runGit(['-C', repoDir(name), ...args], env),
    close: async () => {
      await close();
      const ended = [...children].map((child) => new Promise((resolve) => child.once('close', resolve)));
      for (const child of children) child.kill('SIGTERM');
      await Promise.all(ended);
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}

function record(incoming: IncomingMessage, connection: number, number: number): GitHostRequest {
  const [path = '', query = ''] = (incoming.url ?? '').split('?', 2);
  const named = /git-(?:upload|receive)-pack$/.exec(path) ?? /git-(?:upload|receive)-pack$/.exec(query);
  return {
    method: incoming.method ?? '',
    path: decodeURIComponent(path),
    query,
    repo: decodeURIComponent(path)
      .replace(/^\//, '')
      .replace(/(\.git)?\/(info\/refs|git-[a-z]+-pack)$/, ''),
    service: named?.[0] as GitHostRequest['service'],
    isCall: incoming.method === 'POST',
    connection,
    number,
    authorized: incoming.headers.authorization !== undefined,
    refs: [],
    status: 0,
    bytesIn: 0,
    bytesOut: 0,
    tookMs: 0,
  };
}

/** Counts what goes over the socket while this request is the one on it: requests on a connection don't overlap. */
function count(socket: Socket, outgoing: ServerResponse, request: GitHostRequest): void {
  // What came so far holds this request's headers, perhaps with a piece of its body.
  const before = { in: counted.get(socket)?.in ?? 0, out: counted.get(socket)?.out ?? 0 };
  const began = performance.now();
  outgoing.once('close', () => {
    request.status = outgoing.headersSent ? outgoing.statusCode : 0;
    request.bytesIn = socket.bytesRead - before.in;
    request.bytesOut = socket.bytesWritten - before.out;
    request.tookMs = performance.now() - began;
    counted.set(socket, { in: socket.bytesRead, out: socket.bytesWritten });
  });
}

const counted = new WeakMap<Socket, { in: number; out: number }>();

function answer(to: ServerResponse, { status, headers = {}, body = '' }: GitHostAnswer): void {
  to.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body), ...headers });
  to.end(body);
}

async function pass(reply: CgiReply, to: ServerResponse, fault: GitHostFault | undefined): Promise<void> {
  if (fault?.is === 'cut') {
    const body = await buffer(reply.body);
    if (fault.bytes === 0) return void to.destroy();
    to.writeHead(reply.status, reply.headers);
    to.write(body.subarray(0, fault.bytes), () => to.destroy());
    return;
  }
  to.writeHead(reply.status, reply.headers);
  if (fault?.is === 'alter') to.end(fault.change(await buffer(reply.body)));
  else await pipeline(reply.body, to);
}
