import type { Health } from '../../plan/deploy.ts';

export type Phase = 'notSeen' | 'refreshing' | 'hydrating' | 'outOfSync' | 'syncing' | 'progressing' | 'settling';

export type Answer =
  | {
      readonly is: 'pending';
      readonly phase: Phase;
      readonly why: string;
      /** What would help: a new comparison, one that renders anew, a sync by hand, or to ask the cluster for its rollouts. */
      readonly wants: 'refresh' | 'hardRefresh' | 'sync' | 'rollouts' | undefined;
      /** Milliseconds after which to judge again even if nothing changes. */
      readonly againMs: number | undefined;
      /** The history couldn't be read, so nobody can say whose commit this is. */
      readonly unclear: boolean;
      /** A pod of the rollout fails to start: what there is of a verdict if time is up meanwhile. */
      readonly failing?: string | undefined;
    }
  | (FinalAnswer & { readonly is: 'final' });

export interface FinalAnswer {
  readonly health: Health;
  readonly revision: string | undefined;
  readonly why: string;
  /** What isn't as it should be and isn't ours, as sentences. */
  readonly notes: readonly string[];
}

/** Not yet, and why. */
export function pending(
  phase: Phase,
  why: string,
  more: Partial<Answer & { is: 'pending' }> = {},
): Answer & { is: 'pending' } {
  return { is: 'pending', phase, why, wants: undefined, againMs: undefined, unclear: false, ...more };
}

export function final(
  health: Health,
  revision: string | undefined,
  why: string,
  notes: readonly string[] = [],
): Answer {
  return { is: 'final', health, revision, why, notes };
}

/** A message after what it is about, where there is one. */
export function saying(message: string): string {
  return message === '' ? '' : `: ${message}`;
}
