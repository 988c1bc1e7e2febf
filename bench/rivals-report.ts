import { short } from './reach.ts';
import type { CommitCell, Surroundings } from './results.ts';
import { median } from './statistics.ts';
import { table } from './table.ts';

/** A commit by an API; one entry a round. */
export interface ApiRuns {
  readonly title: string;
  readonly requests: readonly number[];
  readonly seconds: readonly number[];
}

export interface RivalResults {
  readonly around: Surroundings;
  readonly roundTripMs: number;
  readonly files: number;
  readonly api: readonly ApiRuns[];
  /** The flows behind nginx; why they are missing, as words. */
  readonly front: CommitCell | string;
  /** The flows with a newer git at both ends; why they are missing, as words. */
  readonly newer?: CommitCell | string;
}

export const rivalWords = `A commit by GitHub's API in the way of tools that make it of a blob, a tree, a commit and a ref, beside \`via: github\`. Both
on stand-ins of the API over the same repository, within one process that has started. The first has the file's text
already; \`via: github\` reads it, the holds and who wrote the value before.

Then what users have: nginx with TLS and HTTP/2 in front of the git host, behind the same delay; the round trips of TLS are not
in the bound. And the same four folders deep with a newer git at both ends, under GitHub's rules.`;

/** How ways to commit by an API compare. */
export function apiTable({ api, files, roundTripMs }: Pick<RivalResults, 'api' | 'files' | 'roundTripMs'>): string {
  return table([
    [`By API, ${files.toLocaleString('en')} files, ${roundTripMs} ms`, 'seconds', 'requests'],
    ...api.map(({ title, seconds, requests }) => [title, short(median(seconds)), short(median(requests))]),
  ]);
}
