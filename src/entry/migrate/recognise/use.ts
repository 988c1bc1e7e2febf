import type { Fact } from '../facts.ts';
import { Unclear } from '../shell/tree.ts';
import type { RunText } from '../value.ts';

/** One step that uses an action. */
export interface Use {
  readonly inputs: Readonly<Record<string, RunText>>;
  readonly id: string | undefined;
  readonly env: (name: string) => RunText;
  readonly wholeCommits: boolean;
  /** Where the AWS account of the job's role is, as far as it is known by now. */
  readonly ecr: RunText | undefined;
}

/** What a step comes to, and the outputs that later steps may ask for. */
export interface UseOutcome {
  readonly facts: readonly Fact[];
  readonly outputs?: Readonly<Record<string, RunText>>;
}

/** Reads one action's uses. Throws Unclear for those that it doesn't understand. */
export type UseRecogniser = (use: Use) => UseOutcome;

/** Throws Unclear for an input that isn't among those understood: it would be lost. */
export function only(inputs: Use['inputs'], ...names: readonly string[]): void {
  const strange = Object.keys(inputs).find((name) => !names.includes(name));
  if (strange !== undefined) throw new Unclear(`the input \`${strange}\``);
}

/** An input's lines, the empty ones left out. */
export const lines = (value: RunText | undefined, separator = /\n/): RunText[] =>
  (value ?? '')
    .split(separator)
    .map((line) => line.trim())
    .filter((line) => line !== '');
