import type { Exec } from './exec.ts';
import type { Http } from './http.ts';

/** Time as the program sees it. Milliseconds since the epoch; tests turn it by hand. */
export interface Clock {
  now(): number;
  /** What has passed since some time in the past, whatever the clock was set to meanwhile. Where it isn't there, nobody can tell. */
  passedMs?(): number;
  /** Resolves after `ms`, or rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Environment variables as plain data: `entry/` reads them once and hands them down. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Told one line of what is asked, run or decided, as it happens. Whoever shows it takes known secrets out. */
export type Trace = (line: string) => void;

/** A peer that is waited for, as a program needs it. */
export interface Waited {
  /** Where it is, without query or userinfo. */
  readonly peer: string;
  readonly seconds: number;
  /** When its limit of requests is over, where it told that: ISO 8601 in UTC. */
  readonly until: string | undefined;
  /** It limits how often it is asked. Else it fails, or can't be reached. */
  readonly limited: boolean;
}

/** Tells a person something of a peer; with what is waited for where that is it. */
export type Tell = (message: string, waited?: Waited) => void;

/** What a run has learnt of a git host, or believes for its name. */
export interface GitHostFacts {
  /**
   * Whether it takes a filter of folders by their depth (`tree:1` and up), and not the commit alone (`tree:0`). Undefined:
   * nobody has asked. A wrong belief costs a request, not a result.
   */
  foldersByDepth: boolean | undefined;
}

/** By the hosts' origins. */
export type GitHosts = Map<string, GitHostFacts>;

/** Everything outside the program. Made once in `entry/` and handed down, so that a test can hand in another. */
export interface World {
  readonly http: Http;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly env: Env;
  /** Aborted by SIGINT, SIGTERM, or the end of a time budget. Every wait listens to it. */
  readonly signal: AbortSignal;
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
  /** Called with each secret the moment it is known, before it is used: scrubs it from all that is printed. */
  readonly mask: (secret: string) => void;
  /** Tells a person what is waited for, how long and why. */
  readonly notice: Tell;
  /** Milliseconds for which failures of a peer are tried again at most, where that is less than work would wait. */
  readonly patienceMs?: number | undefined;
  /** What the run has learnt of git hosts. Without it, each repository's host is asked anew. */
  readonly gitHosts?: GitHosts | undefined;
  /** There where somebody wants to see each request, child and decision. */
  readonly trace?: Trace | undefined;
}
