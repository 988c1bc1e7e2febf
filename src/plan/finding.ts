import type { Place } from '../errors.ts';

/** How much a finding matters: an error keeps a run from working or lets the wrong ones in. */
export type Severity = 'error' | 'warning' | 'note';

/** One thing that isn't as it should be, and what to do about it. Plain data. */
export interface Finding {
  /** A code of ours, stable: of the list of findings, or an error's. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly place?: Place | undefined;
  readonly fix: string;
}

const order: readonly Severity[] = ['error', 'warning', 'note'];

/** The same findings, errors first; among equals the order stays. */
export function worstFirst<T extends Finding>(findings: readonly T[]): T[] {
  return findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}
