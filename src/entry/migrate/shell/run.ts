import type { Fact, Found } from '../facts.ts';
import { pathFrom } from '../facts.ts';
import { plainText, type RunText, unknownValue } from '../value.ts';
import { type Expanding, expandOne, expandWord } from './expand.ts';
import { parseShell } from './parse.ts';
import { type Shell, type Simple, Unclear } from './tree.ts';

/** One command, its words expanded. */
export interface ShellCall {
  readonly program: string;
  readonly args: readonly RunText[];
  /** Where it runs, seen from the workspace. */
  readonly dir: string;
  readonly input: RunText | undefined;
  /** Where its output goes by `>` or `>>`. */
  readonly into: RunText | undefined;
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
  /** What follows in the script isn't reached, or only where there is nothing to do. */
  readonly ends?: boolean;
}

/** Reads one program's calls. Throws Unclear for those that it doesn't understand. */
export type Recogniser = (call: ShellCall) => Outcome;

interface Scope extends Pick<Expanding, 'plainBranches' | 'wholeCommits'> {
  readonly dir: string;
  readonly variable: (name: string) => RunText;
  readonly recognisers: Readonly<Record<string, Recogniser>>;
}

const deepest = 8;

/** Everything that a script does, in order. Throws Unclear, with the script's line, where a command isn't understood. */
export function runScript(script: string, scope: Scope, depth = 0): { found: Found[]; prints: RunText; asks: boolean } {
  if (depth > deepest) throw new Unclear('commands inside of commands');
  const found: Found[] = [];
  const variables = new Map<string, RunText>();
  let dir = scope.dir;
  const variable = (name: string): RunText => variables.get(name) ?? scope.variable(name);
  const expanding: Expanding = {
    ...scope,
    variable,
    printed: (inner) => {
      try {
        const done = runScript(inner, { ...scope, dir, variable }, depth + 1);
        // What prints and does something besides is no mere value.
        if (done.found.length > 0) throw new Unclear('a command inside of another that does more than print');
        return done.prints;
      } catch (error) {
        if (!(error instanceof Unclear)) throw error;
        return unknownValue(`it is what \`${inner.trim()}\` prints`);
      }
    },
  };

  const all = (list: readonly Shell[]): Outcome => {
    let last: Outcome = {};
    for (const node of list) last = visit(node, undefined);
    return last;
  };
  const visit = (node: Shell, input: RunText | undefined): Outcome => {
    switch (node.is) {
      case 'simple':
        return simple(node, input);
      case 'pipe': {
        let piped = input;
        let outcome: Outcome = {};
        for (const part of node.parts) {
          outcome = visit(part, piped);
          piped = outcome.prints ?? '';
        }
        return outcome;
      }
      case 'not':
        return visit(node.of, undefined);
      case 'and':
        visit(node.left, undefined);
        return visit(node.right, undefined);
      case 'or': {
        const before = found.length;
        const left = visit(node.left, undefined);
        const middle = found.length;
        const right = visit(node.right, undefined);
        const instead = found.slice(middle).map(({ fact }) => fact.is);
        // After a question the second half is simply what is done; after a deed it may only try that again.
        const again = instead.every((is) => ['commit', 'pushed', 'note'].includes(is));
        if (left.asks !== true && !again) throw new Unclear('what happens only when a command fails', node.line);
        if (left.asks !== true && before === middle && instead.length > 0) throw new Unclear('`||`', node.line);
        return { ...right, asks: left.asks === true && right.asks === true };
      }
      case 'if': {
        if (all(node.when).asks !== true) throw new Unclear('a condition', node.line);
        all(node.then);
        all(node.otherwise);
        return {};
      }
      case 'for': {
        const items = node.items.flatMap((word) => expandWord(word, expanding, node.line));
        for (const item of items) {
          if (/[*?[]/.test(item)) throw new Unclear('a loop over files', node.line);
          variables.set(node.name, item);
          all(node.body);
        }
        return {};
      }
      case 'group': {
        const before = dir;
        const outcome = all(node.body);
        if (node.apart) dir = before;
        return outcome;
      }
    }
  };
  const simple = (node: Simple, piped: RunText | undefined): Outcome => {
    const set = node.sets.map(({ name, value }) => [name, expandOne(value, expanding, node.line)] as const);
    if (node.words.length === 0) {
      for (const [name, value] of set) variables.set(name, value);
      return {};
    }
    const words = node.words.flatMap((word) => expandWord(word, expanding, node.line));
    while (words[0] === 'sudo' || words[0] === 'command') words.shift();
    const name = plainText(words[0] ?? '');
    const program = name?.split('/').at(-1) ?? '';
    const recogniser = Object.hasOwn(scope.recognisers, program) ? scope.recognisers[program] : undefined;
    if (recogniser === undefined) throw new Unclear(`\`${name ?? 'a command that only a run knows'}\``, node.line);
    let into: RunText | undefined;
    let input = piped ?? node.input;
    for (const { sign, to } of node.redirects) {
      const target = expandOne(to, expanding, node.line);
      if (sign === '<<<') input = target;
      else if (sign.startsWith('>') && !/^\d$|^\/dev\/null$/.test(target)) into = target;
      else if (sign === '<') throw new Unclear('what comes from a file', node.line);
    }
    const own = new Map(set);
    const call: ShellCall = {
      ...{ program, args: words.slice(1), dir, input, into, wholeCommits: scope.wholeCommits },
      variable: (one) => own.get(one) ?? variable(one),
    };
    try {
      const outcome = recogniser(call);
      if (into !== undefined && outcome.prints !== undefined) throw new Unclear(`what goes to a file`);
      for (const fact of outcome.facts ?? []) found.push({ fact, line: node.line });
      for (const [one, value] of outcome.sets ?? []) variables.set(one, value);
      if (outcome.dir !== undefined) dir = outcome.dir;
      return outcome;
    } catch (error) {
      if (error instanceof Unclear) error.line = node.line;
      throw error;
    }
  };
  const last = all(parseShell(script));
  return { found, prints: (last.prints ?? '').replace(/\n+$/, ''), asks: last.asks === true };
}

/** A path of the call's, seen from the workspace. Throws Unclear. */
export function pathInside({ dir }: Pick<ShellCall, 'dir'>, path: RunText): string {
  const text = plainText(path);
  const inner = text === undefined || /[*?[{]/.test(text) ? undefined : pathFrom(dir, text);
  if (inner === undefined) throw new Unclear(`the path ${text ?? ''}`);
  return inner;
}

/** Arguments as options and the rest: `flags` take no value. Throws Unclear for an option in neither list. */
export function optionsOf(
  args: readonly RunText[],
  { flags, values }: { readonly flags: readonly string[]; readonly values: readonly string[] },
): { readonly given: readonly (readonly [name: string, value: RunText])[]; readonly rest: readonly RunText[] } {
  const given: (readonly [string, RunText])[] = [];
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
  return { given, rest };
}
