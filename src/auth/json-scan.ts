/** What is wrong with a text that should be JSON. */
export type JsonFaultKind = 'typography' | 'comma' | 'comment' | 'duplicate' | 'syntax';

/** Reads one token after the other; what stands between them is skipped first. */
export interface JsonScan {
  /** The next sign, typeset ones as what they stand for; undefined at the end. */
  peek(): string | undefined;
  /** Where the next token begins. */
  at(): number;
  /** Takes one sign and answers where it stood. */
  take(): number;
  /** A text in quotes of any kind, or undefined where none begins. */
  text(): string | undefined;
  /** A run of letters and digits without quotes. */
  word(): string | undefined;
}

// What word processors and web pages make of JSON's own signs.
const typeset: Readonly<Record<string, string>> = { '：': ':', '，': ',', '｛': '{', '｝': '}', '［': '[', '］': ']' };
const quotes = /["“”„‟«»＂'‘’‚‛`′″]/;
const space = /[ \t\r\n]/;
const oddSpace = /[\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff\f\v]/;

export function createJsonScan(source: string, fault: (is: JsonFaultKind, at: number, why: string) => void): JsonScan {
  let next = 0;

  const skip = (): void => {
    for (;;) {
      const sign = source[next];
      if (sign === undefined) return;
      if (space.test(sign)) next += 1;
      else if (oddSpace.test(sign)) {
        // A byte order mark at the start is nobody's doing, and AWS's tools take it.
        if (sign !== '\ufeff' || next > 0)
          fault('typography', next, `a character that looks like a space (${codeOf(sign)})`);
        next += 1;
      } else if (sign === '#' || source.startsWith('//', next) || source.startsWith('/*', next)) comment();
      else return;
    }
  };

  const comment = (): void => {
    fault('comment', next, 'JSON has no comments');
    const block = source.startsWith('/*', next);
    const end = source.indexOf(block ? '*/' : '\n', next + 2);
    next = end < 0 ? source.length : end + (block ? 2 : 1);
  };

  const peek = (): string | undefined => {
    skip();
    const sign = source[next];
    return sign === undefined ? undefined : (typeset[sign] ?? sign);
  };

  const take = (): number => {
    skip();
    const at = next;
    const sign = source[at] ?? '';
    if (typeset[sign] !== undefined) fault('typography', at, `${sign} stands for ${typeset[sign]} (${codeOf(sign)})`);
    next += 1;
    return at;
  };

  const text = (): string | undefined => {
    const open = peek();
    if (open === undefined || !quotes.test(open)) return undefined;
    const at = next;
    if (open !== '"') fault('typography', at, `${open} is no quotation mark of JSON's (${codeOf(open)})`);
    let value = '';
    next += 1;
    for (;;) {
      const sign = source[next];
      if (sign === undefined || sign === '\n') {
        fault('syntax', at, 'the text has no end on its line');
        return value;
      }
      next += 1;
      if (sign === '\\') value += escape();
      else if (open === '"' ? sign === '"' : quotes.test(sign)) return value;
      else {
        if (sign < ' ' && sign !== '\r') fault('syntax', next - 1, `a control character (${codeOf(sign)}) in a text`);
        value += sign;
      }
    }
  };

  const escape = (): string => {
    const [found] = /^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(source.slice(next, next + 5)) ?? [];
    if (found === undefined) {
      fault('syntax', next - 1, 'a backslash with nothing that it could mean');
      return '\\';
    }
    next += found.length;
    return JSON.parse(`"\\${found}"`) as string;
  };

  const word = (): string | undefined => {
    skip();
    const [found] = /^[^\s{}[\]:,"：，“”]{1,500}/u.exec(source.slice(next, next + 500)) ?? [];
    if (found === undefined) return undefined;
    next += found.length;
    return found;
  };

  return {
    peek,
    take,
    text,
    word,
    at: () => {
      skip();
      return next;
    },
  };
}

function codeOf(sign: string): string {
  return `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
