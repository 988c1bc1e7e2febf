import { oneLine, printable } from '../printable.ts';

/** GitHub's Markdown, which GitLab and Gitea read alike. Everything that comes from elsewhere is text in it. */

/** A link beside a thing, where it has a page. */
export function viewed(page: string | undefined): string {
  return page === undefined ? '' : ` ([view](${page}))`;
}

/** Text that is Markdown already, as a link where there is a page. */
export function linked(text: string, page: string | undefined): string {
  return page === undefined ? text : `[${text}](${page})`;
}

/** Text as text: every character that means something in Markdown or HTML as an entity, on one line. */
export function escaped(text: string): string {
  // A host makes mentions and references of what such a sign begins, however it is written.
  const quiet = oneLine(text).replace(/[@#!&](?=[\p{L}\p{N}_])/gu, '$&\u2060');
  return entities(quiet);
}

function entities(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Text as code. By entities too: a backtick or a table's bar would end a code span of Markdown's own. */
export function code(text: string): string {
  return `<code>${entities(oneLine(text))}</code>`;
}

/** A code block whose fence is longer than any run of backticks in it. */
export function fenced(language: string, text: string): string {
  const clean = printable(text).replace(/\n$/, '');
  const longest = Math.max(2, ...[...clean.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${clean}\n${fence}\n`;
}

export function cut(text: string, characters: number): string {
  return text.length <= characters
    ? text
    : `${text.slice(0, characters)}\n… (${text.length - characters} characters more)`;
}

/** As many whole parts as fit: half a code block would swallow what another step writes below. */
export function fitted(parts: readonly string[], limit: number, why: string): string {
  const more = `\n… cut here: ${why}.\n`;
  let size = 0;
  const kept: string[] = [];
  for (const [at, part] of parts.entries()) {
    const reserve = at === parts.length - 1 ? 0 : Buffer.byteLength(more);
    const bytes = Buffer.byteLength(part);
    if (size + bytes + reserve > limit) {
      return size + Buffer.byteLength(more) <= limit ? kept.join('') + more : kept.join('');
    }
    kept.push(part);
    size += bytes;
  }
  return kept.join('');
}
