import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, isObject, jsonIn, numberAt } from '../fields.ts';
import type { Env, GitHosts } from '../world.ts';

/** What was learnt of git hosts, and a way to keep it for later runs. */
export interface KeptHosts {
  readonly hosts: GitHosts;
  /** Keeps what is new. Never throws: what can't be kept is learnt again. */
  save(): void;
}

/** A host may change its mind, or be another by then. Milliseconds. */
const keptMs = 7 * 86_400_000;
const mostHosts = 100;
const mostBytes = 64 * 1024;
/** Counts up when the file is written otherwise. */
const version = 1;

/**
 * The hosts that earlier runs on this machine asked in vain for a filter of folders by their depth, from the cache folder of
 * the runner or the user. Only origins are kept, for a week; a wrong or foreign file costs requests, never a result. Ports of
 * loopback are no hosts. `TAGBOAT_HOST_CACHE=off` keeps and reads nothing.
 */
export function keptHosts(env: Env, now: () => number): KeptHosts {
  const folder = env.RUNNER_TOOL_CACHE || env.XDG_CACHE_HOME || (env.HOME && join(env.HOME, '.cache'));
  if (!folder || env.TAGBOAT_HOST_CACHE === 'off') return { hosts: new Map(), save: () => undefined };
  const dir = join(folder, 'tagboat');
  const file = join(dir, `git-hosts-${version}.json`);
  const known = load(file, now());
  const hosts: GitHosts = new Map([...known.keys()].map((origin) => [origin, { foldersByDepth: false }]));
  const save = (): void => {
    const learnt = [...hosts].filter(([origin, facts]) => facts.foldersByDepth === false && !known.has(origin));
    const fresh = learnt.map(([origin]) => origin).filter(isKept);
    if (fresh.length === 0) return;
    // Another run may have kept something meanwhile.
    const all = [...load(file, now()), ...fresh.map((origin) => [origin, now()] as const)];
    const newest = [...new Map(all)].sort(([, a], [, b]) => b - a).slice(0, mostHosts);
    const entries = newest.map(([origin, learntAt]) => [origin, { foldersByDepth: false, learntAt }] as const);
    const half = `${file}.${process.pid}`;
    try {
      mkdirSync(dir, { recursive: true });
      writeFileSync(half, JSON.stringify({ version, hosts: Object.fromEntries(entries) }), { mode: 0o600, flag: 'wx' });
      renameSync(half, file);
    } catch {
      remove(half);
    }
  };
  return { hosts, save };
}

/** By origin, when it was learnt. What is too old, too much or not of the form isn't there. */
function load(file: string, now: number): Map<string, number> {
  let value: unknown;
  try {
    if (statSync(file).size > mostBytes) return new Map();
    value = jsonIn(readFileSync(file, 'utf8'));
  } catch {
    return new Map();
  }
  const hosts = at(value, 'hosts');
  if (at(value, 'version') !== version || !isObject(hosts)) return new Map();
  const entries = Object.entries(hosts).slice(0, mostHosts);
  return new Map(
    entries.flatMap(([origin, facts]) => {
      const learntAt = numberAt(facts, 'learntAt');
      const counts = isKept(origin) && at(facts, 'foldersByDepth') === false;
      return counts && learntAt <= now && learntAt > now - keptMs ? [[origin, learntAt] as const] : [];
    }),
  );
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It isn't there, or nobody may.
  }
}

function isKept(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  const isLoopback = /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  return /^https?:$/.test(url.protocol) && url.origin === origin && !isLoopback;
}
