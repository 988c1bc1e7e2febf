import type { Health } from '../../plan/deploy.ts';

export type Phase = 'notSeen' | 'refreshing' | 'hydrating' | 'outOfSync' | 'syncing' | 'progressing' | 'settling';

export type Answer =
  | {
      readonly is: 'pending';
      readonly phase: Phase;
      readonly why: string;
      /** What would help: a new comparison, one that renders anew, or a sync by hand. */
      readonly wants: 'refresh' | 'hardRefresh' | 'sync' | undefined;
      /** Milliseconds after which to judge again even if nothing changes. */
      readonly againMs: number | undefined;
      /** The history couldn't be read, so nobody can say whose commit this is. */
      readonly unclear: boolean;
    }
  | { readonly is: 'final'; readonly health: Health; readonly revision: string | undefined; readonly why: string };

export function pending(
  phase: Phase,
  why: string,
  more: Partial<Answer & { is: 'pending' }> = {},
): Answer & { is: 'pending' } {
  return { is: 'pending', phase, why, wants: undefined, againMs: undefined, unclear: false, ...more };
}

export function final(health: Health, revision: string | undefined, why: string): Answer {
  return { is: 'final', health, revision, why };
}

export function saying(message: string): string {
  return message === '' ? '' : `: ${message}`;
}
