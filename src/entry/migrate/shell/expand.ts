import { branchValue, commitValue, plainText, type RunText, shortCommitValue, unknownValue } from '../value.ts';
import { type ShellWord, Unclear } from './tree.ts';

/** What words are expanded by. */
export interface Expanding {
  readonly variable: (name: string) => RunText;
  readonly printed: (script: string, line: number) => RunText;
  /** Whether the workflow runs on branches whose names have no slash. */
  readonly plainBranches: boolean;
  /** Where only some of a commit's digits are taken, the whole commit is. */
  readonly wholeCommits: boolean;
}

/** A word as the arguments that it becomes. Throws Unclear. */
export function expandWord(word: ShellWord, by: Expanding, line: number): RunText[] {
  const words: RunText[] = [];
  let current = '';
  let any = false;
  for (const part of word) {
    if (part.is === 'text') {
      current += part.text;
      any = true;
      continue;
    }
    const value =
      part.is === 'variable'
        ? changed(by.variable(part.name), part.change, by, line)
        : by.printed(part.script, part.line);
    if (part.quoted) {
      current += value;
      any = true;
      continue;
    }
    // Unquoted, spaces part words; those inside of what isn't known yet are nobody's.
    const [first = '', ...rest] = value.split(/[ \t\n]+(?![^\uE000]*\uE001)/);
    current += first;
    any ||= first !== '';
    for (const next of rest) {
      words.push(current);
      current = next;
    }
  }
  return any || current !== '' ? [...words, current] : words;
}

/** A word as one text, as after `=` or in quotes. */
export function expandOne(word: ShellWord, by: Expanding, line: number): RunText {
  return expandWord(
    word.map((part) => (part.is === 'text' ? part : { ...part, quoted: true })),
    by,
    line,
  ).join(' ');
}

/** `${NAME…}`: a value with what follows the name done to it. Throws Unclear. */
function changed(value: RunText, change: string, by: Expanding, line: number): RunText {
  if (change === '') return value;
  const cut = /^:(?:0)?:(\d+)$/.exec(change)?.[1];
  if (cut !== undefined) return firstDigits(value, Number(cut), by.wholeCommits);
  const start = /^##?(.*)$/.exec(change)?.[1];
  if (start === '*/' && value === `refs/heads/${branchValue}`) {
    return by.plainBranches ? branchValue : unknownValue('it is the last part of a branch, and {branch} is all of it');
  }
  if (start !== undefined && !/[*?[]/.test(start)) return value.startsWith(start) ? value.slice(start.length) : value;
  if (/^:?-/.test(change)) return value;
  if (/^:?\?/.test(change)) return value;
  throw new Unclear(`\${…${change}}`, line);
}

/** The first characters of a value. Only the commit has a shorter form that Tagboat knows. */
export function firstDigits(value: RunText, digits: number, wholeCommits: boolean): RunText {
  const text = plainText(value);
  if (text !== undefined) return text.slice(0, digits);
  if (value !== commitValue) return unknownValue(`it is the first ${digits} characters of something`);
  if (digits >= 40 || wholeCommits) return commitValue;
  if (digits === 12) return shortCommitValue;
  return unknownValue(
    `it has ${digits} digits of the commit, and {shortCommit} has 12; --whole-commits takes {commit} in its place`,
  );
}
