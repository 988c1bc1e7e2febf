import type { Fact } from '../facts.ts';
import type { RunText } from '../value.ts';

/** One step that uses an action. */
export interface Use {
  readonly inputs: Readonly<Record<string, RunText>>;
  readonly id: string | undefined;
  readonly env: (name: string) => RunText;
  readonly wholeCommits: boolean;
  /** Where the registry of the job's role is, as far as it is known by now. */
  readonly ecr: RunText | undefined;
}

/** What a step comes to, and the outputs that later steps may ask for. */
export interface UseOutcome {
  readonly facts: readonly Fact[];
  readonly outputs?: Readonly<Record<string, RunText>>;
}

/** An input's lines, the empty ones left out. */
export const lines = (value: RunText | undefined, separator = /\n/): RunText[] =>
  (value ?? '')
    .split(separator)
    .map((line) => line.trim())
    .filter((line) => line !== '');
