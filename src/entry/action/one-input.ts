import { type TagboatError, usageError } from '../../errors.ts';
import type { Env } from '../../wire/world.ts';

/** An input of several lines, the empty ones left out. */
export function linesOf(env: Env, input: string): string[] {
  const lines = (inputText(env, input) ?? '').split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '');
}

/** The same; undefined for none. */
export function someLines(env: Env, input: string): string[] | undefined {
  const lines = linesOf(env, input);
  return lines.length === 0 ? undefined : lines;
}

/** The runner's own naming (actions/toolkit, getInput): spaces become underscores, hyphens stay. */
export function variableOf(input: string): string {
  return `INPUT_${input.replaceAll(' ', '_').toUpperCase()}`;
}

/** An input that is there and not empty; the runner sets those that a workflow leaves out to "". */
export function inputText(env: Env, input: string): string | undefined {
  const value = env[variableOf(input)]?.trim();
  return value === '' ? undefined : value;
}

/** A switch. Throws USAGE. */
export function truthOf(env: Env, input: string, otherwise = 'false'): boolean {
  const value = inputText(env, input) ?? otherwise;
  // YAML 1.2's core schema, as the toolkit reads booleans.
  if (/^(true|True|TRUE)$/.test(value)) return true;
  if (/^(false|False|FALSE)$/.test(value)) return false;
  throw wrongInput(`The input ${input} is ${value}, neither true nor false.`);
}

/** One of these words, undefined for none. Throws USAGE. */
export function choiceOf<T extends string>(env: Env, input: string, among: readonly T[]): T | undefined {
  const value = inputText(env, input);
  const known = among.find((one) => one === value);
  if (value !== undefined && known === undefined)
    throw wrongInput(`The input ${input} is ${value}, not ${among.join(' or ')}.`);
  return known;
}

/** A whole number from 1, undefined for none. Throws USAGE. */
export function wholeOf(env: Env, input: string): number | undefined {
  const value = inputText(env, input);
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,4}$/.test(value)) return Number(value);
  throw wrongInput(`The input ${input} is ${value}, not a whole number from 1.`);
}

/** Inputs that ask for nothing that can be done. */
export function wrongInput(problem: string): TagboatError {
  return usageError(problem);
}
