/** One way in that a server offers in `WWW-Authenticate`. */
export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case; quotes and escapes are gone. */
  readonly params: Readonly<Record<string, string>>;
}

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;
const token68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const blank = /[ \t]*/y;
const commas = /[ \t,]*/y;
const equals = /[ \t]*=[ \t]*/y;

/**
 * Every challenge of a `WWW-Authenticate` header, several of them and several headers joined by commas included
 * (RFC 9110 §11.6.1). The same comma separates challenges and parameters: a name is a parameter's when `=` follows.
 * Reading stops at the first thing that is neither; what was read until then counts.
 */
export function parseChallenges(header: string): Challenge[] {
  const found: { scheme: string; params: Record<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(header) ?? undefined;
    if (match !== undefined) at = pattern.lastIndex;
    return match;
  };

  for (;;) {
    take(commas);
    const name = take(token)?.[0];
    if (name === undefined) return found;
    const challenge = found.at(-1);
    if (challenge !== undefined && take(equals) !== undefined) {
      const value = take(quoted)?.[1]?.replace(/\\(.)/g, '$1') ?? take(token)?.[0];
      if (value === undefined) return found;
      // The first one counts: a second realm is not for anybody to add.
      if (!Object.hasOwn(challenge.params, name.toLowerCase())) challenge.params[name.toLowerCase()] = value;
      continue;
    }
    const before = at;
    if (take(equals) !== undefined) return found;
    at = before;
    // A null prototype: a server may name a parameter `__proto__`.
    found.push({ scheme: name.toLowerCase(), params: Object.create(null) as Record<string, string> });
    take(blank);
    // `Negotiate abcd==` has a bare value instead of parameters; nothing here can use it.
    if (!isParam(header, at)) take(token68);
  }
}

function isParam(header: string, at: number): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*=[ \t]*(?:"|[!#$%&'*+.^_`|~0-9A-Za-z-])/.test(header.slice(at));
}
