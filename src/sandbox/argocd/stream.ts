import type { ServerResponse } from 'node:http';
import type { ArgoCdApp } from './types.ts';

/** Writes what became of an application to whoever watches. */
type Watch = (type: string, app: ArgoCdApp) => void;

/** The open watches of the stand-in. */
export interface Streams {
  readonly open: number;
  readonly most: number;
  /** Begins a watch: every application it is about, then each change. */
  begin(outgoing: ServerResponse, query: URLSearchParams, accept: string, apps: readonly ArgoCdApp[]): void;
  /** The same, by a watch of whoever asks, which answers in this media type. */
  follow(outgoing: ServerResponse, type: string, watch: Watch, apps: readonly ArgoCdApp[]): void;
  tell(type: 'ADDED' | 'MODIFIED' | 'DELETED', app: ArgoCdApp): void;
  cut(): void;
}

export function createStreams(): Streams {
  const watches = new Map<ServerResponse, Watch>();
  let most = 0;
  const follow: Streams['follow'] = (outgoing, type, watch, apps) => {
    outgoing.writeHead(200, { 'content-type': type });
    outgoing.flushHeaders();
    for (const app of apps) watch('ADDED', app);
    watches.set(outgoing, watch);
    most = Math.max(most, watches.size);
    outgoing.once('close', () => watches.delete(outgoing));
  };
  return {
    get open() {
      return watches.size;
    },
    get most() {
      return most;
    },
    begin: (outgoing, query, accept, apps) => {
      const events = accept === 'text/event-stream';
      const fields = (query.get('fields') ?? '')
        .split(',')
        .flatMap((field) => (field.startsWith('result.application.') ? [field.slice(19)] : []));
      const watch = (type: string, app: ArgoCdApp): void => {
        if (!matches(app, query)) return;
        const line = JSON.stringify({ result: { type, application: masked(app.json(), fields) } });
        outgoing.write(events ? `data: ${line}\n\n` : `${line}\n`);
      };
      follow(outgoing, events ? 'text/event-stream' : 'application/json', watch, apps);
    },
    follow,
    tell: (type, app) => {
      for (const watch of watches.values()) watch(type, app);
    },
    cut: () => {
      for (const outgoing of watches.keys()) outgoing.destroy();
    },
  };
}

function matches({ spec }: ArgoCdApp, query: URLSearchParams): boolean {
  const projects = query.getAll('projects');
  if (projects.length > 0 && !projects.includes(spec.project ?? 'default')) return false;
  const name = query.get('name');
  const namespace = query.get('appNamespace') ?? 'argocd';
  return name === null || (name === spec.name && namespace === (spec.namespace ?? 'argocd'));
}

/** The JSON with only these fields, by their paths; all of it without any. */
export function masked(json: Readonly<Record<string, unknown>>, fields: readonly string[]): Record<string, unknown> {
  if (fields.length === 0) return { ...json };
  const result: Record<string, unknown> = {};
  for (const field of fields) {
    const keys = field.split('.');
    const value = keys.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], json);
    if (value === undefined) continue;
    let at = result;
    for (const key of keys.slice(0, -1)) {
      at[key] ??= {};
      at = at[key] as Record<string, unknown>;
    }
    at[keys.at(-1) ?? ''] = value;
  }
  return result;
}
