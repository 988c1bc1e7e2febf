import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContentionFlow } from './contention-flows.ts';
import type { Flow } from './flows.ts';
import type { HandoffResults } from './handoff-report.ts';
import type { HostResults } from './hosts.ts';
import type { PageLook } from './page.ts';
import type { ReuseResults } from './reuse-results.ts';
import type { RivalResults } from './rivals-report.ts';

/** The machine and the programs a case was measured with. */
export interface Surroundings {
  readonly date: string;
  readonly machine: string;
  readonly programs: readonly string[];
  /** The commit of this repository. */
  readonly commit: string;
}

/** All runs of one flow in one setting; one entry a round, in the order of the rounds. */
export interface FlowRuns {
  readonly seconds: readonly number[];
  readonly requests: readonly number[];
  readonly connections: readonly number[];
  /** Bytes from the git host on the wire, headers included. */
  readonly received: readonly number[];
  /** Seconds the git host itself took, all requests together. */
  readonly hosted: readonly number[];
}

export interface CommitCell {
  readonly files: number;
  readonly roundTripMs: number;
  readonly target: 'deep' | 'top';
  /** Seconds of a Node.js that does nothing, one a round. */
  readonly idle: readonly number[];
  readonly flows: Readonly<Partial<Record<Flow['name'], FlowRuns>>>;
}

export interface CommitResults {
  readonly around: Surroundings;
  readonly probes: readonly { readonly roundTripMs: number; readonly echoMs: number; readonly firstEchoMs: number }[];
  readonly cells: readonly CommitCell[];
}

export interface MemoryResults {
  readonly around: Surroundings;
  readonly readBy: string;
  /** Bytes; one entry a round. */
  readonly peaks: readonly { readonly what: string; readonly bytes: readonly number[] }[];
  /** Milliseconds, taken in turn. */
  readonly starts: readonly { readonly what: string; readonly ms: readonly number[] }[];
}

export interface BuildResults {
  readonly around: Surroundings;
  /** Why the docker rows are missing, or undefined. */
  readonly skipped: string | undefined;
  readonly rows: readonly {
    readonly name: 'cold' | 'warm' | 'changed';
    readonly what: string;
    readonly docker: readonly number[];
    readonly tagboat: readonly number[];
  }[];
}

/** All writers of one flow started at once, once. */
export interface ContentionRun {
  /** From the word to each landing, ascending. */
  readonly seconds: readonly number[];
  readonly landed: number;
  /** How the others ended, in a few words. */
  readonly said: readonly string[];
  readonly requests: number;
  /** Pushes that named the branch, taken or refused. */
  readonly branchPushes: number;
  /** Pushes that moved it. */
  readonly branchMoves: number;
}

export interface ContentionCell {
  readonly writers: number;
  readonly roundTripMs: number;
  /** One entry a round. */
  readonly flows: Readonly<Partial<Record<ContentionFlow['name'], readonly ContentionRun[]>>>;
}

export interface ContentionResults {
  readonly around: Surroundings;
  readonly files: number;
  /** After which writers that weren't done were ended. */
  readonly limitSeconds: number;
  readonly cells: readonly ContentionCell[];
}

/** One wait for a pushed commit. */
export interface VerdictRun {
  /** From the push to the word that it is live. */
  readonly seconds: number;
  /** The same from when Argo CD's own state was final; null when it wasn't yet. */
  readonly late: number | null;
  /** It was live. */
  readonly right: boolean;
}

export interface VerdictResults {
  readonly around: Surroundings;
  readonly ways: readonly {
    readonly name:
      | 'argocd app wait'
      | 'argocd app wait, looped'
      | 'argocd app wait, looped, with --refresh'
      | 'tagboat wait'
      | 'tagboat wait, by webhook'
      | 'tagboat wait, pods without a probe';
    readonly runs: readonly VerdictRun[];
  }[];
}

/** Reading what was delivered; one entry a round. */
export interface HistoryResults {
  readonly around: Surroundings;
  /** Seconds. */
  readonly git: readonly number[];
  readonly tagboat: readonly number[];
  /** Peak memory of the dashboard, until its data is there. */
  readonly bytes: readonly number[];
  /** What Chromium made of each, and the peak memory of the dashboard until then; or why it wasn't asked. */
  readonly pages?: readonly (PageLook & { readonly bytes: number })[] | undefined;
  readonly noPages?: string | undefined;
}

/** Many writers at once on a host of one kind: what they asked of it in all. */
export interface QueueRow {
  readonly host: string;
  readonly roundTripMs: number;
  readonly writers: number;
  /** Writers killed right after publishing, a moment before. */
  readonly gone: number;
  /** Changes that are there in the end, the gone writers' among them. */
  readonly changes: number;
  /** Until the last of the writers has landed. */
  readonly seconds: number;
  readonly branchPushes: number;
  /** To whatever ref. */
  readonly pushes: number;
  readonly reads: number;
}

export interface QueueResults {
  readonly around: Surroundings;
  readonly rows: readonly QueueRow[];
}

export interface Results {
  readonly handoff?: HandoffResults;
  readonly commit?: CommitResults;
  readonly memory?: MemoryResults;
  readonly build?: BuildResults;
  readonly contention?: ContentionResults;
  readonly verdict?: VerdictResults;
  readonly reuse?: ReuseResults;
  readonly hosts?: HostResults;
  readonly queue?: QueueResults;
  readonly history?: HistoryResults;
  readonly rivals?: RivalResults;
}

/** All of them, which the type sees to: what is left out here would be measured and not kept. */
const kept: Readonly<Record<keyof Results, true>> = {
  handoff: true,
  commit: true,
  hosts: true,
  memory: true,
  build: true,
  contention: true,
  verdict: true,
  reuse: true,
  history: true,
  queue: true,
  rivals: true,
};
const names = Object.keys(kept) as (keyof Results)[];

/** What earlier runs kept, so that measuring one case leaves the others' figures standing. */
export function loadResults(dir: string): Results {
  const found = names.map((name) => {
    try {
      return [name, JSON.parse(readFileSync(join(dir, `${name}.json`), 'utf8'))] as const;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  });
  return Object.fromEntries(found.filter((entry) => entry !== undefined)) as Results;
}

/** Keeps every run of the cases given, one file a case. */
export function saveResults(dir: string, results: Results): void {
  mkdirSync(dir, { recursive: true });
  for (const name of names) {
    if (results[name] !== undefined) {
      writeFileSync(join(dir, `${name}.json`), `${JSON.stringify(results[name], null, 2)}\n`);
    }
  }
}
