import type { FoundEdit } from './parts.ts';
import { type FoundPlace, placesIn } from './places.ts';
import { plainText, type RunText } from './value.ts';

/** Which values of a file a `sed` script changes, found by doing it, or why not, as the end of a sentence. Pure. */
export function replacedBySed(file: string, text: string, script: RunText, extended: boolean): FoundEdit[] | string {
  const substitution = readSubstitution(script, extended);
  if (substitution === undefined) return 'a `sed` script other than one s/…/…/ is not understood';
  const before = text.split('\n');
  const after = before.map((line) => line.replace(substitution.pattern, substitution.put));
  let was: FoundPlace[];
  let now: FoundPlace[];
  try {
    was = placesIn(file, text);
    now = placesIn(file, after.join('\n'));
  } catch {
    return `${file} is no YAML file, or none any more afterwards`;
  }
  const changed = now.flatMap((place, at) => (was[at]?.value === place.value ? [] : [place]));
  const lines = before.filter((line, at) => line !== after[at]).length;
  if (changed.length === 0) return `the \`sed\` script changes no value of ${file} as it is`;
  const sameShape = was.length === now.length && was.every(({ path }, at) => path === now[at]?.path);
  if (!sameShape || lines !== changed.length) return `the \`sed\` script changes more of ${file} than values`;
  return changed.map(({ path, value }) => ({ file, path, value, typed: false }));
}

/** `s/…/…/g` with JavaScript's words for its pattern; undefined where sed has more to say. */
function readSubstitution(
  script: RunText,
  extended: boolean,
): { pattern: RegExp; put: (...groups: string[]) => string } | undefined {
  const sign = script[1] ?? '';
  if (script[0] !== 's' || /[\w\s\\]/.test(sign)) return undefined;
  const parts: string[] = [''];
  for (let at = 2; at < script.length; at++) {
    const character = script[at] ?? '';
    const isSealed = character === '\uE000';
    const end = isSealed ? script.indexOf('\uE001', at) : at;
    if (character === sign) {
      parts.push('');
      continue;
    }
    const isEscape = character === '\\';
    const piece = isEscape ? script.slice(script[at + 1] === sign ? at + 1 : at, at + 2) : script.slice(at, end + 1);
    parts.push((parts.pop() ?? '') + piece);
    if (isEscape) at++;
    at = isSealed ? end : at;
  }
  const [from = '', to = '', flags = '', more] = parts;
  // A letter after a backslash is a line end, a change of case and the like.
  if (/\\[a-zA-Z]/.test(to)) return undefined;
  if (more !== undefined || parts.length < 3 || !/^g?$/.test(flags) || plainText(from) === undefined) return undefined;
  const source = inJavaScript(from, extended);
  try {
    const pattern = new RegExp(source, flags);
    return {
      pattern,
      put: (...groups) =>
        to.replace(/\\(\d)|\\(.)|&/g, (_, digit?: string, other?: string) => other ?? groups[Number(digit ?? 0)] ?? ''),
    };
  } catch {
    return undefined;
  }
}

const classes: Readonly<Record<string, string>> = {
  space: '\\s',
  digit: '\\d',
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  lower: 'a-z',
  upper: 'A-Z',
};

/** A POSIX pattern, basic or extended: they differ in which of `(){}+?|` need a backslash to mean something. */
function inJavaScript(pattern: string, extended: boolean): string {
  return pattern
    .replace(/\\[<>]/g, '\\b')
    .replace(/\[:(\w+):\]/g, (all, name: string) => classes[name] ?? all)
    .replace(/\[\^?\]?[^\]]*\]|\\?[(){}+?|]/g, (found) => {
      // In brackets a backslash is only itself, and a bracket that comes first is one of them.
      if (found.startsWith('[')) return found.replace(/\\(?!s|d)/g, '\\\\').replace(/^(\[\^?)\]/, '$1\\]');
      if (extended) return found;
      return found.length === 2 ? (found[1] ?? '') : `\\${found}`;
    });
}
