import { type Fact, pathFrom, Unclear } from '../facts.ts';
import { plainText, type RunText, shownValue } from '../value.ts';

/** One command, its words expanded. */
export interface ShellCall {
  readonly program: string;
  readonly args: readonly RunText[];
  /** Where it runs, seen from the workspace. */
  readonly dir: string;
  readonly input: RunText | undefined;
  readonly variable: (name: string) => RunText;
  readonly wholeCommits: boolean;
}

/** What a command comes to. */
export interface Outcome {
  readonly facts?: readonly Fact[];
  readonly prints?: RunText;
  /** It only asks whether there is something to commit. */
  readonly asks?: boolean;
  readonly dir?: string;
  readonly sets?: readonly (readonly [name: string, value: RunText])[];
  /** Nothing after it is reached. */
  readonly ends?: boolean;
}

/** Reads one program's calls. Throws Unclear for those that it doesn't understand. */
export type Recogniser = (call: ShellCall) => Outcome;

/** Whether a test asks for what `git status --porcelain` prints. */
export function isAboutChanges(value: RunText): boolean {
  return value.includes('it is what changed');
}

/** A path of the call's, seen from the workspace. Throws Unclear. */
export function pathInside({ dir }: Pick<ShellCall, 'dir'>, path: RunText): string {
  const text = plainText(path);
  const inner = text === undefined || /[*?[{]|^-/.test(text) ? undefined : pathFrom(dir, text);
  if (inner === undefined) throw new Unclear(`the path ${shownValue(path)}`);
  return inner;
}

/** Arguments as options and the rest: `flags` take no value. Throws Unclear for an option in neither list. */
export function optionsOf(args: readonly RunText[], flags: readonly string[], values: readonly string[]) {
  const given: (readonly [name: string, value: RunText])[] = [];
  const rest: RunText[] = [];
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? '';
    const [, long, equal] = /^(--?[A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(argument) ?? [];
    if (long === undefined) rest.push(argument);
    else if (values.includes(long)) {
      const value = equal ?? args[++at];
      if (value === undefined) throw new Unclear(`${long} without a value`);
      given.push([long, value]);
    } else if (flags.includes(long)) given.push([long, equal ?? 'true']);
    else throw new Unclear(`the option ${long}`);
  }
  const of = (...names: string[]): RunText[] => given.flatMap(([name, value]) => (names.includes(name) ? [value] : []));
  return { of, rest };
}
