import { placeAt } from '../../../errors/place.ts';
import { nearestWord } from '../../../errors/spelling.ts';
import { TagboatError } from '../../../errors.ts';
import type { VariableValue } from '../../../plan/pull-request.ts';

/** A piece of a template file: text as it stands, or a variable's name. */
export type FilePiece = string | { readonly variable: string };

/**
 * What stands in double braces on one line is Helm's, an ApplicationSet's or Jinja's and stays; `\{name}` is the text `{name}`;
 * `${name}` is a shell's, unless the name is one of ours: then it's a mistake, since it would stay as it is.
 */
const found = /\{\{[^\n]*?\}\}|(\\|\$)?\{([a-zA-Z]+(?:\.[\w-]+)?)\}/g;

/** Takes the variables out of a template file. Throws TEMPLATE_UNRESOLVED, at its place, for what is no variable. */
export function piecesOf(
  text: string,
  file: string,
  values: Readonly<Record<string, VariableValue>>,
): readonly FilePiece[] {
  const pieces: FilePiece[] = [];
  let end = 0;
  for (const match of text.matchAll(found)) {
    const [whole, mark, name] = match;
    const value = name === undefined || !Object.hasOwn(values, name) ? undefined : values[name];
    if (name === undefined || (mark === '$' && value === undefined)) continue;
    pieces.push(text.slice(end, match.index));
    end = match.index + whole.length;
    if (mark === '\\') {
      pieces.push(`{${name}}`);
      continue;
    }
    const refuse = (why: string): never => {
      const place = placeAt(file, text, match.index, 'line');
      throw new TagboatError('TEMPLATE_UNRESOLVED', { where: file, variable: name, why }, { place });
    };
    if (mark === '$') refuse(`write {${name}} for its value, or $\\{${name}} for the text`);
    if (value === undefined) {
      const guess = nearestWord(name, Object.keys(values));
      refuse(
        `there is no such variable${guess === undefined ? '' : ` (did you mean {${guess}}?)`}; write \\{${name}} for the text`,
      );
    }
    if (value?.why !== undefined) refuse(value.why);
    pieces.push({ variable: name });
  }
  pieces.push(text.slice(end));
  return pieces.filter((piece) => piece !== '');
}
