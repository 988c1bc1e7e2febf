import { nearestWord } from '../../errors/spelling.ts';

/** A template taken apart: text, and variables by name. */
export type Piece = string | { readonly name: string; readonly of: string | undefined };

/** `{{name}}` is the text `{name}`; braces around anything else are text as they stand. */
const variable = /\{\{([a-zA-Z]+(?:\.[\w-]+)?)\}\}|\{([a-zA-Z]+)(?:\.([\w-]+))?\}/g;

/** Takes `{commit}`, `{image.app}` and the like out of a text. */
export function parseTemplate(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const found of text.matchAll(variable)) {
    pieces.push(text.slice(end, found.index));
    const [all, escaped, name = '', of] = found;
    const whole = of === undefined ? name : `${name}.${of}`;
    const variable = isOfSource(whole) ? { name: whole, of: undefined } : { name, of };
    pieces.push(escaped === undefined ? variable : `{${escaped}}`);
    end = found.index + all.length;
  }
  pieces.push(text.slice(end));
  return pieces.filter((piece) => piece !== '');
}

/** Variables that stand alone. */
export const ofSource = [
  ...(['commit', 'shortCommit', 'branch', 'commitTime', 'date'] as const),
  // By the words of docker/metadata-action.
  ...(['gitTag', 'semver', 'major', 'minor', 'patch', 'major.minor', 'pr'] as const),
];
/** Variables of what is told of a delivery's end. */
export const hookVariables = [
  ...(['delivery', 'outcome', 'why', 'commit', 'shortCommit', 'subject', 'author', 'branch', 'app'] as const),
  ...(['configCommit', 'repo', 'url'] as const),
];
/** Variables of one image, `{tag.app}`. */
export const ofImage = ['image', 'tag', 'digest'] as const;

function isOfSource(name: string): boolean {
  return ofSource.some((one) => one === name);
}

/** Where a template stands decides which variables it may have. */
export interface Allowed {
  readonly alone: readonly string[];
  readonly ofImage: readonly string[];
  readonly images: readonly string[];
  /** Why variables that there are elsewhere are none here. */
  readonly not?: Readonly<Record<string, string>>;
}

/** Why a template can't be resolved, as the end of a sentence, or undefined when it can. */
export function whyNoTemplate(text: string, allowed: Allowed): string | undefined {
  for (const piece of parseTemplate(text)) {
    if (typeof piece === 'string') continue;
    const { name, of } = piece;
    if (of === undefined) {
      if (allowed.alone.includes(name)) continue;
      const not = allowed.not?.[name];
      if (not !== undefined) return `{${name}} ${not}`;
      const guess = nearestWord(name, allowed.alone);
      const known = allowed.alone.map((one) => `{${one}}`).join(', ');
      return `{${name}} is no variable here${guess === undefined ? `; there are ${known}` : ` (did you mean {${guess}}?)`}`;
    }
    if (!allowed.ofImage.includes(name)) return `{${name}.${of}} is no variable here`;
    if (!allowed.images.includes(of)) {
      const guess = nearestWord(of, allowed.images);
      return `{${name}.${of}} names no image of this file${guess === undefined ? '' : ` (did you mean {${name}.${guess}}?)`}`;
    }
  }
  return undefined;
}
