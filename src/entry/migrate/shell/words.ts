import type { Command, CommandArgument, ParameterExpansionPart, Word, WordPart } from 'unbash';
import { Unclear } from '../facts.ts';
import { branchValue, firstDigits, type RunText, unknownValue } from '../value.ts';

/** What words are expanded by. */
export interface Expanding {
  readonly variable: (name: string) => RunText;
  /** What a command inside of a word prints; its text is what it stands there as. */
  readonly printed: (part: Extract<WordPart, { type: 'CommandExpansion' }>) => RunText;
  /** A text of the script with the workflow's values in it again. */
  readonly opened: (text: string) => RunText;
  /** Whether the workflow runs on branches whose names have no slash. */
  readonly plainBranches: boolean;
  /** Where only some of a commit's digits are taken, the whole commit is. */
  readonly wholeCommits: boolean;
}

const strange: Readonly<Record<string, string>> = {
  ArithmeticExpansion: 'a calculation in the shell',
  ProcessSubstitution: '`<(…)`',
  BraceExpansion: '`{…,…}`',
  ExtendedGlob: 'a pattern of file names',
  LocaleString: '`$"…"`',
};

/** The arguments that a word becomes. Throws Unclear. */
export function expandWord(word: CommandArgument, by: Expanding): RunText[] {
  if (word.type === 'Assignment') return [`${word.name}=${assigned(word, by)}`];
  if (word.parts === undefined) return [by.opened(word.value)];
  const words: RunText[] = [];
  let current: RunText | undefined;
  for (const part of word.parts) {
    const value = valueOf(part, by);
    const isOpen = /Expansion$/.test(part.type);
    // Unquoted, spaces part words; those inside of what isn't known yet are nobody's.
    for (const [at, one] of (isOpen ? value.split(/[ \t\n]+(?![^\uE000]*\uE001)/) : [value]).entries()) {
      if (at > 0 && current !== undefined) words.push(current);
      if (at > 0) current = undefined;
      if (one !== '' || !isOpen) current = (current ?? '') + one;
    }
  }
  return current === undefined ? words : [...words, current];
}

/** A word as one text, as after `=` or in quotes. */
export function expandOne(word: Word | undefined, by: Expanding): RunText {
  if (word?.parts === undefined) return by.opened(word?.value ?? '');
  return textOf(word.parts, by);
}

/** Parts as one text, as those of a here-document. */
export function textOf(parts: readonly WordPart[], by: Expanding): RunText {
  return parts.map((part) => valueOf(part, by)).join('');
}

/** What a name is set to. Throws Unclear for lists and `+=`. */
export function assigned(
  { value, append, index }: Extract<Command['prefix'][number], { type: 'Assignment' }>,
  by: Expanding,
): RunText {
  if (value.type === 'ArrayValue' || append === true || index !== undefined) throw new Unclear('a list in the shell');
  return expandOne(value, by);
}

function valueOf(part: WordPart, by: Expanding): RunText {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
    case 'Glob':
      return by.opened(part.value);
    case 'DoubleQuoted':
      return textOf(part.parts, by);
    case 'SimpleExpansion':
      return by.variable(part.text.slice(1));
    case 'ParameterExpansion':
      return changed(part, by);
    case 'CommandExpansion':
      return by.printed(part);
    default:
      throw new Unclear(strange[part.type] ?? part.text);
  }
}

/** `${NAME…}`: a value with what follows the name done to it. Throws Unclear. */
function changed({ parameter, prefix, index, operation, text }: ParameterExpansionPart, by: Expanding): RunText {
  const value = by.variable(parameter);
  if (prefix !== undefined || index !== undefined) throw new Unclear(`\`${text}\``);
  if (operation === undefined) return value;
  if (
    operation.type === 'Slice' &&
    /^0?$/.test(operation.offset.value) &&
    /^\d+$/.test(operation.length?.value ?? '')
  ) {
    return firstDigits(value, Number(operation.length?.value), by.wholeCommits);
  }
  if (operation.type === 'Remove' && operation.operator.startsWith('#')) {
    const start = operation.operand.value;
    if (start === '*/' && value === `refs/heads/${branchValue}`) {
      if (by.plainBranches) return branchValue;
      return unknownValue('it is the last part of a branch, and {branch} is all of it');
    }
    if (!/[*?[$`\\]/.test(start) && !value.startsWith('\uE000'))
      return value.startsWith(start) ? value.slice(start.length) : value;
  }
  if (operation.type === 'Default' && /[-?]$/.test(operation.operator)) {
    return value === '' && operation.operator === ':-' ? expandOne(operation.operand, by) : value;
  }
  throw new Unclear(`\`${text}\``);
}
