import { type Part, type ShellWord, Unclear } from './tree.ts';

/** A piece of a script: a word, an operator, or the end of a line. */
export type ShellToken =
  | { readonly is: 'word'; readonly word: ShellWord; readonly line: number; readonly glued: boolean }
  | { readonly is: 'sign'; readonly sign: string; readonly line: number }
  | { readonly is: 'here'; readonly text: string; readonly line: number };

const signs = ['&&', '||', ';;', '>>', '>&', '<<<', '<<-', '<<', '&>', '|', '&', ';', '<', '>', '(', ')', '\n'];
const ends = new Set([' ', '\t', '\r', '\n', '|', '&', ';', '<', '>', '(', ')']);

/** Takes a script apart by the shell's own rules for quotes, comments and continued lines (POSIX, 2.2 and 2.3). Throws Unclear. */
export function lex(script: string): ShellToken[] {
  const tokens: ShellToken[] = [];
  const awaited: { end: string; strip: boolean; at: number }[] = [];
  let at = 0;
  let line = 0;

  const hereText = (): void => {
    for (const { end, strip, at: index } of awaited.splice(0)) {
      const first = line;
      const lines: string[] = [];
      for (;;) {
        if (at >= script.length) throw new Unclear('a here-document has no end', first);
        const newline = script.indexOf('\n', at);
        const text = script.slice(at, newline < 0 ? script.length : newline);
        at = newline < 0 ? script.length : newline + 1;
        line++;
        const shown = strip ? text.replace(/^\t+/, '') : text;
        if (shown === end) break;
        lines.push(shown);
      }
      tokens[index] = { is: 'here', text: lines.join('\n'), line: first };
    }
  };

  while (at < script.length) {
    const character = script[at] ?? '';
    if (character === '\\' && /^\\\r?\n/.test(script.slice(at, at + 3))) {
      at = script.indexOf('\n', at) + 1;
      line++;
    } else if (character === ' ' || character === '\t' || character === '\r') at++;
    else if (character === '#') at = end(script, at);
    else {
      const sign = signs.find((one) => script.startsWith(one, at));
      if (sign === undefined) {
        const read = word(script, at, line);
        // `2>file`: a number that touches a redirection is its file descriptor.
        const glued = /^[<>]/.test(script[read.at] ?? '');
        tokens.push({ is: 'word', word: read.word, line, glued });
        ({ at, line } = read);
        continue;
      }
      at += sign.length;
      tokens.push({ is: 'sign', sign: sign === '<<-' ? '<<' : sign, line });
      if (sign === '<<' || sign === '<<-') {
        const read = word(script, at + (/^\s*/.exec(script.slice(at))?.[0].length ?? 0), line);
        const text = read.word.map((part) => (part.is === 'text' ? part.text : '')).join('');
        awaited.push({ end: text, strip: sign === '<<-', at: tokens.length });
        tokens.push({ is: 'here', text: '', line });
        ({ at } = read);
      }
      if (sign === '\n') {
        line++;
        hereText();
      }
    }
  }
  if (awaited.length > 0) throw new Unclear('a here-document has no end', line);
  return tokens;
}

function end(script: string, from: number): number {
  const newline = script.indexOf('\n', from);
  return newline < 0 ? script.length : newline;
}

interface Read {
  readonly word: ShellWord;
  readonly at: number;
  readonly line: number;
}

function word(script: string, from: number, firstLine: number): Read {
  const parts: Part[] = [];
  let at = from;
  let line = firstLine;
  let quote = '';
  const text = (one: string, quoted: boolean): void => {
    const last = parts.at(-1);
    if (last?.is === 'text' && last.quoted === quoted) parts[parts.length - 1] = { ...last, text: last.text + one };
    else parts.push({ is: 'text', text: one, quoted });
  };
  while (at < script.length) {
    const character = script[at] ?? '';
    if (character === '\n') line++;
    if (character === '\uE000') {
      // A value of the workflow's, put there before the shell reads it (value.ts): one piece, whatever is in it.
      const stop = script.indexOf('\uE001', at);
      text(script.slice(at, stop + 1), true);
      at = stop + 1;
    } else if (quote === "'") {
      if (character === "'") quote = '';
      else text(character, true);
      at++;
    } else if (quote === '' && ends.has(character)) {
      if (character === '\n') line--;
      break;
    } else if (character === '"' || (character === "'" && quote === '')) {
      quote = quote === '' ? character : '';
      // Empty quotes are a word of their own.
      text('', true);
      at++;
    } else if (character === '\\') {
      const next = script[at + 1] ?? '';
      if (next === '\n') line++;
      else if (quote === '' || '$`"\\'.includes(next)) text(next, true);
      else text(`\\${next}`, true);
      at += 2;
    } else if (character === '$' || character === '`') {
      const read = expansion(script, at, quote !== '', line);
      if (read === undefined) text('$', quote !== '');
      else {
        parts.push(read.part);
        line += script.slice(at, read.at).split('\n').length - 1;
      }
      at = read?.at ?? at + 1;
    } else {
      text(character, quote !== '');
      at++;
    }
  }
  if (quote !== '') throw new Unclear(`a quote has no end`, firstLine);
  return { word: parts, at, line };
}

function expansion(script: string, at: number, quoted: boolean, line: number): { part: Part; at: number } | undefined {
  const rest = script.slice(at);
  const simple = /^\$([A-Za-z_]\w*|[?#@*0-9!$-])/.exec(rest);
  if (simple !== null) {
    return { part: { is: 'variable', name: simple[1] ?? '', change: '', quoted }, at: at + simple[0].length };
  }
  const braced = /^\$\{([A-Za-z_]\w*)([^{}]*)\}/.exec(rest);
  if (braced !== null) {
    const [all, name = '', change = ''] = braced;
    return { part: { is: 'variable', name, change, quoted }, at: at + all.length };
  }
  if (rest.startsWith('$((') || rest.startsWith('${')) throw new Unclear('a calculation in the shell', line);
  if (rest.startsWith('$(')) {
    const close = closing(script, at + 2, line);
    return { part: { is: 'output', script: script.slice(at + 2, close), line, quoted }, at: close + 1 };
  }
  if (rest.startsWith('`')) {
    const close = script.indexOf('`', at + 1);
    if (close < 0) throw new Unclear('a backquote has no end', line);
    return { part: { is: 'output', script: script.slice(at + 1, close), line, quoted }, at: close + 1 };
  }
  return undefined;
}

/** Where the bracket closes that was opened before `from`; quotes inside are passed over. */
function closing(script: string, from: number, line: number): number {
  let depth = 1;
  for (let at = from; at < script.length; at++) {
    const character = script[at];
    if (character === '\\') at++;
    else if (character === "'") at = script.indexOf("'", at + 1);
    else if (character === '"') at = endOfQuote(script, at + 1);
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    if (depth === 0) return at;
    if (at < 0) break;
  }
  throw new Unclear('a bracket has no end', line);
}

function endOfQuote(script: string, from: number): number {
  for (let at = from; at < script.length; at++) {
    if (script[at] === '\\') at++;
    else if (script[at] === '"') return at;
    else if (script.startsWith('$(', at)) at = closing(script, at + 2, 0);
  }
  return -1;
}
