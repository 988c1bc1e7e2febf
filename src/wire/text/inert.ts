/** What breaks a name or number from the sign that makes it one, and isn't seen (U+2060, word joiner). */
const joiner = '\u2060';

/**
 * A text of somebody else's that means nothing to a git host: no mention, no reference to an issue and so none that closes it,
 * no link, no quick action, no mark of a draft. Pure.
 */
export function inert(text: string): string {
  return text
    .replace(/[@#!&~%$^](?=[\p{L}\p{N}"_])/gu, `$&${joiner}`)
    .replace(/\bGH(?=-\d)/gi, `$&${joiner}`)
    .replace(/:(?=\/\/)/g, `$&${joiner}`)
    .replace(/^(?=\s*\/|\W*(?:wip|draft)\b)/i, joiner);
}

/** The same, with nothing in it that Markdown or HTML takes for its own. */
export function inertMarkdown(text: string): string {
  return inert(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')).replace(/[\\`*_[\]<>|]/g, '\\$&');
}

/** One line as a code span, in which a host finds nothing; its fence is longer than any in it. */
export function codeSpan(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = /^`|`$|^ .* $/.test(line) || line === '' ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}
