import type { Board } from '../src/events/board.ts';

declare global {
  /** What an export has beside the page. */
  var tagboatBoard: Board | undefined;
}

/** How the page stands to its server. */
export type Link =
  | { readonly is: 'kept' | 'live' | 'loading' }
  | { readonly is: 'stale' | 'lost' | 'refused' | 'noKey' };

/** What went wrong with a request: the server's own words, or that there was none. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  constructor(status: number, message: string, { code = '', hint = '' } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

const keyName = 'tagboat-key';

/** The key out of the address, which it leaves; kept for this tab alone, so that it can be loaded again. */
function takeKey(): string | undefined {
  const [, given] = /^#([\w-]{24,})$/.exec(location.hash) ?? [];
  if (given !== undefined) {
    sessionStorage.setItem(keyName, given);
    history.replaceState(null, '', `${location.pathname}#/now`);
  }
  return given ?? sessionStorage.getItem(keyName) ?? undefined;
}

export const kept = globalThis.tagboatBoard;
const key = kept === undefined ? takeKey() : undefined;

async function request(path: string, more: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, ...more.headers };
  const response = await fetch(`/api/${path}`, { ...more, headers }).catch(() => undefined);
  if (response === undefined) throw new Refused(0, 'The server is gone.');
  if (response.ok) return response;
  const told = (await response.json().catch(() => ({}))) as { message?: string; hint?: string; code?: string };
  throw new Refused(response.status, told.message ?? `The server answers ${response.status}.`, told);
}

/** Asks the server for something. Throws Refused. */
export async function ask<T>(path: string): Promise<T> {
  return (await request(path)).json() as Promise<T>;
}

/** Asks the server to do something. Throws Refused. */
export async function send<T>(path: string, what: object): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return (await request(path, { method: 'POST', headers, body: JSON.stringify(what) })).json() as Promise<T>;
}

/** Reads the board, and again whenever the server says that it changed, until the page is gone. */
export async function follow(
  show: (board: Board) => void,
  tell: (link: Link) => void,
  happened: (what: 'run' | 'act') => void,
): Promise<void> {
  if (kept !== undefined) {
    show(kept);
    tell({ is: 'kept' });
    return;
  }
  if (key === undefined) return tell({ is: 'noKey' });
  for (;;) {
    try {
      const stream = (await request('events')).body?.pipeThrough(new TextDecoderStream()).getReader();
      show(await ask('board'));
      tell({ is: 'live' });
      happened('run');
      happened('act');
      for (let read = await stream?.read(); read && !read.done; read = await stream?.read()) {
        if (read.value.includes('event: run')) happened('run');
        if (read.value.includes('event: act')) happened('act');
        if (read.value.includes('event: lost')) tell({ is: 'stale' });
        if (!read.value.includes('event: board')) continue;
        show(await ask('board'));
        tell({ is: 'live' });
      }
      tell({ is: 'lost' });
    } catch (error) {
      if (error instanceof Refused && error.status === 401) return tell({ is: 'refused' });
      tell({ is: 'lost' });
    }
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}
