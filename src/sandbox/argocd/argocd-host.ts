import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { GitHost } from '../git-host/git-host.ts';
import { listenOnLoopback } from '../loopback.ts';
import { createArgoCdApp } from './app.ts';
import { backingOf } from './backing.ts';
import { detailsOf } from './details.ts';
import { type ArgoCdGate, type ArgoCdGateOptions, createArgoCdGate, type Rights } from './gate.ts';
import { applicationIn } from './shown.ts';
import { createStreams, masked, type Streams } from './stream.ts';
import type { AppSpec, ArgoCdApp, Backing, Pace } from './types.ts';

/** One request as it came. */
export interface ArgoCdRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Its place among all requests, from 1. */
  readonly number: number;
}

export interface ArgoCdOptions extends ArgoCdGateOptions {
  readonly gitHost: GitHost;
  readonly pace?: Partial<Pace>;
  /** Where manifests come from. Default: the git host's repositories, and registries as they are. */
  readonly backing?: Backing;
  readonly port?: number;
  /** What it calls itself. Default: the one that the cluster tests pin. */
  readonly version?: string;
  /** Whatever else is behind the same port: whether it took the request as its own. `rights`: of whoever asks. */
  readonly beside?: (call: ArgoCdCall, rights: Rights | undefined) => Promise<boolean>;
}

/** A stand-in for Argo CD: its REST API, and a controller that follows real git repositories. */
export interface ArgoCdHost {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly requests: readonly ArgoCdRequest[];
  /** Streams open now, and the most that were. */
  readonly streams: { readonly open: number; readonly most: number };
  add(spec: AppSpec): ArgoCdApp;
  app(name: string): ArgoCdApp;
  remove(name: string): void;
  /** Cuts every stream. */
  cut(): void;
  close(): Promise<void>;
}

const usualPace: Pace = { compare: 50, sync: 50, rollout: 200, deadline: 200 };

/** Starts it on loopback. It polls nothing: applications move when they are refreshed, or told by webhook. */
export async function startArgoCd(options: ArgoCdOptions): Promise<ArgoCdHost> {
  const apps = new Map<string, ArgoCdApp>();
  const requests: ArgoCdRequest[] = [];
  const streams = createStreams();
  let url = '';
  const gate = createArgoCdGate(options, () => url);
  const backing = options.backing ?? backingOf(options.gitHost);
  const pace = { ...usualPace, ...options.pace };

  const server = createServer((incoming, outgoing) => {
    const { pathname: path, searchParams: query } = new URL(incoming.url ?? '/', 'http://loopback');
    const request = { method: incoming.method ?? 'GET', path, query, number: requests.length + 1 };
    requests.push(request);
    const { version = 'v3.1.9', beside } = options;
    route({ request, incoming, outgoing, apps, gate, streams, version, beside }).catch(() => outgoing.destroy());
  });
  const { host, close } = await listenOnLoopback(server, options.port);
  const find = (name: string): ArgoCdApp => {
    const app = apps.get(name);
    if (app === undefined) throw new Error(`there is no application ${name}`);
    return app;
  };
  url = `http://${host}`;
  const add = (spec: AppSpec): ArgoCdApp => {
    const app = createArgoCdApp(spec, backing, pace, {
      changed: (one) => streams.tell('MODIFIED', one),
      made: (manifest, by) => {
        const child = applicationIn(manifest, by);
        const known = apps.get(child.name);
        if (known === undefined) void add(child).refresh();
        else if (JSON.stringify(known.spec.sources) !== JSON.stringify(child.sources)) known.change(child.sources);
      },
    });
    apps.set(spec.name, app);
    streams.tell('ADDED', app);
    return app;
  };
  return {
    url,
    requests,
    streams,
    add,
    app: find,
    remove: (name) => {
      const app = find(name);
      apps.delete(name);
      streams.tell('DELETED', app);
      app.close();
    },
    cut: () => streams.cut(),
    close: async () => {
      for (const app of apps.values()) app.close();
      streams.cut();
      await close();
    },
  };
}

/** A request, with what it can be answered from. */
export interface ArgoCdCall {
  readonly request: ArgoCdRequest;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly apps: ReadonlyMap<string, ArgoCdApp>;
  readonly streams: Streams;
}

interface Call extends ArgoCdCall {
  readonly gate: ArgoCdGate;
  readonly version: string;
  readonly beside: ArgoCdOptions['beside'];
}

async function route(call: Call): Promise<void> {
  const { request, incoming, outgoing, apps, gate, streams } = call;
  const { method, path, query } = request;
  const rights = gate.rights(incoming.headers.authorization);
  if ((await call.beside?.(call, rights)) === true) return;
  if (path === '/api/dex/token') {
    const { status, value } = await gate.exchange(new URLSearchParams((await buffer(incoming)).toString()));
    return answer(outgoing, status, value);
  }
  if (path === '/api/webhook') return webhook(call);
  if (path === '/api/version') return answer(outgoing, 200, { Version: call.version });
  if (rights === undefined) return refuse(outgoing, 401, 16, 'no session information');
  const [, action] = /^\/api\/v1\/account\/can-i\/applications\/(get|sync)\/[^/]+\//.exec(path) ?? [];
  if (action !== undefined)
    return answer(outgoing, 200, { value: rights[action as keyof Rights] === true ? 'yes' : 'no' });
  if (path === '/api/v1/session/userinfo') return answer(outgoing, 200, { loggedIn: true, username: 'demo' });
  if (path === '/api/v1/stream/applications')
    return streams.begin(outgoing, query, incoming.headers.accept ?? '', rights.get ? [...apps.values()] : []);
  if (path === '/api/v1/applications') return list(outgoing, query, rights.get ? [...apps.values()] : []);
  const [, name, part] = /^\/api\/v1\/applications\/([^/]+)(?:\/([a-z-]+))?$/.exec(path) ?? [];
  const app = name === undefined ? undefined : apps.get(decodeURIComponent(name));
  if (name === undefined) return refuse(outgoing, 404, 5, 'Not Found');
  if (app === undefined || !rights.get) return unseen(outgoing, query, name, rights);
  if (method === 'POST' && part === 'sync') return sync(outgoing, app, rights);
  if (part === undefined) {
    if (query.has('refresh')) await app.refresh();
    return answer(outgoing, 200, app.json());
  }
  const detail = detailsOf(app, part, query);
  if (detail === undefined) return refuse(outgoing, 404, 5, 'Not Found');
  outgoing.writeHead(200, { 'content-type': 'application/json' }).end(detail);
}

/** Whoever names the project learns that an application is missing; whoever doesn't is told nothing. */
function unseen(outgoing: ServerResponse, query: URLSearchParams, name: string, rights: Rights): void {
  if (!rights.get || !query.has('project')) refuse(outgoing, 403, 7, 'permission denied');
  else refuse(outgoing, 404, 5, `applications.argoproj.io "${name}" not found`);
}

function sync(outgoing: ServerResponse, app: ArgoCdApp, rights: Rights): void {
  const why = rights.sync === true ? app.sync() : 'forbidden';
  if (why === undefined) answer(outgoing, 200, app.json());
  else if (why === 'running') refuse(outgoing, 400, 9, 'another operation is already in progress');
  else refuse(outgoing, 403, 7, why === 'window' ? 'cannot sync: blocked by sync window' : 'permission denied');
}

const listed = [
  ...['name', 'namespace', 'annotations', 'labels', 'creationTimestamp', 'deletionTimestamp'].map(
    (field) => `metadata.${field}`,
  ),
  ...['spec', 'operation.sync', 'status.sync.status', 'status.health', 'status.summary', 'status.resources'],
  ...['startedAt', 'finishedAt', 'phase', 'operation.sync'].map((field) => `status.operationState.${field}`),
];

function list(outgoing: ServerResponse, query: URLSearchParams, apps: readonly ArgoCdApp[]): void {
  const projects = query.getAll('projects');
  const items = apps.filter(({ spec }) => projects.length === 0 || projects.includes(spec.project ?? 'default'));
  const fields = (query.get('fields') ?? '')
    .split(',')
    .flatMap((field) => (field.startsWith('items.') ? [field.slice(6)] : []));
  // As poor as Argo CD's own: other fields can't be had in a list (forwarder_overwrite.go).
  const known = fields.filter((field) => listed.includes(field));
  answer(outgoing, 200, {
    metadata: { resourceVersion: '1' },
    items: items.length === 0 ? null : items.map((app) => masked(app.json(), known)),
  });
}

/** Refreshes the applications that follow the pushed repository and branch. Queued, says the answer; no more. */
async function webhook({ incoming, outgoing, apps, gate }: Call): Promise<void> {
  const body = await buffer(incoming);
  if (!gate.isSigned(body, incoming.headers)) return refuse(outgoing, 400, 3, 'HMAC verification failed');
  const { ref, repository } = JSON.parse(body.toString()) as { ref: string; repository: { html_url: string } };
  const plain = (url: string) => url.replace(/\.git$/, '').toLowerCase();
  for (const app of apps.values()) {
    const follows = app.spec.sources.some(
      ({ repoURL, targetRevision = 'HEAD' }) =>
        plain(repoURL) === plain(repository.html_url) &&
        (targetRevision === 'HEAD' || ref === `refs/heads/${targetRevision}`),
    );
    if (follows) void app.refresh();
  }
  outgoing.writeHead(200).end();
}

function answer(outgoing: ServerResponse, status: number, value: unknown): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** As the gRPC gateway writes errors. */
function refuse(outgoing: ServerResponse, status: number, code: number, message: string): void {
  answer(outgoing, status, { error: message, code, message });
}
