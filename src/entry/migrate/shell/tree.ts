/** A part of a word: text as it stands, a variable, or what a command prints. */
export type Part =
  | { readonly is: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly is: 'variable'; readonly name: string; readonly change: string; readonly quoted: boolean }
  | { readonly is: 'output'; readonly script: string; readonly line: number; readonly quoted: boolean };

export type ShellWord = readonly Part[];

export interface Redirect {
  readonly sign: string;
  readonly to: ShellWord;
}

/** One simple command: `A=1 program word >file`. */
export interface Simple {
  readonly is: 'simple';
  readonly sets: readonly { readonly name: string; readonly value: ShellWord }[];
  readonly words: readonly ShellWord[];
  readonly redirects: readonly Redirect[];
  /** What stands after `<<END`, or undefined. */
  readonly input: string | undefined;
  readonly line: number;
}

/** As much of sh as deliveries are written in. Lines count from 0, within the script. */
export type Shell =
  | Simple
  | { readonly is: 'pipe'; readonly parts: readonly Shell[]; readonly line: number }
  | { readonly is: 'and' | 'or'; readonly left: Shell; readonly right: Shell; readonly line: number }
  | {
      readonly is: 'if';
      readonly when: readonly Shell[];
      readonly then: readonly Shell[];
      readonly otherwise: readonly Shell[];
      readonly line: number;
    }
  | {
      readonly is: 'for';
      readonly name: string;
      readonly items: readonly ShellWord[];
      readonly body: readonly Shell[];
      readonly line: number;
    }
  | { readonly is: 'group'; readonly body: readonly Shell[]; readonly apart: boolean; readonly line: number }
  | { readonly is: 'not'; readonly of: Shell; readonly line: number };

/** What isn't understood, as the end of a sentence, and the script's line. Never leaves the room: the step is kept. */
export class Unclear extends Error {
  readonly why: string;
  line: number | undefined;
  constructor(why: string, line?: number) {
    super(why);
    this.why = why;
    this.line = line;
  }
}
