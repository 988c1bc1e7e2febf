import { type Scalar, visit } from 'yaml';
import type { YamlDocument } from '../../../wire/yaml.ts';

/**
 * Gives every block text (`|`, `>`) of a document the value that libyaml's kin read: Go's packages and PyYAML, for whom a
 * values file is. Our parser differs from them where such a text ends in blanks or where the file ends without a newline.
 */
export function readBlockTexts(text: string, document: YamlDocument): void {
  visit(document, {
    Scalar: (_, node) => {
      if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') node.value = blockText(text, node);
    },
  });
}

/** As PyYAML's `scan_block_scalar` reads it, whose lines end before the newline and whose last one may have none. */
function blockText(text: string, node: Scalar): string {
  const token = node.srcToken;
  const [start, end] = node.range ?? [0, 0];
  const headerEnd = `${text}\n`.indexOf('\n', start);
  const [, mark, options = ''] = /^([|>])([-+\d]*)/.exec(text.slice(start, headerEnd)) ?? [];
  // The parser leaves out lines of blanks at its end.
  const blanks = /(?: *\r?\n)*(?:[ \t]*$)?/y;
  blanks.lastIndex = end;
  blanks.test(text);
  const lines = text
    .slice(headerEnd + 1, blanks.lastIndex)
    .replaceAll('\r\n', '\n')
    .split('\n');
  const above = token !== undefined && 'indent' in token ? token.indent : 0;
  const digit = /\d/.exec(options)?.[0];
  const indent = digit === undefined ? indentOf(lines, above + 1) : above + Number(digit);
  const made: string[] = [];
  let breaks = '';
  for (const [at, line] of lines.entries()) {
    const content = line.slice(indent);
    const ended = at < lines.length - 1 ? '\n' : '';
    if (content === '') {
      breaks += ended;
      continue;
    }
    const before = made.at(-1);
    const folds = mark === '>' && before !== undefined && !/^[ \t]/.test(before) && !/^[ \t]/.test(content);
    if (before !== undefined) made.push(folds ? breaks.slice(1) || ' ' : breaks);
    else made.push(breaks);
    made.push(content);
    breaks = ended;
  }
  if (made.length === 0) return options.includes('+') ? breaks : '';
  const chomped = options.includes('-') ? '' : options.includes('+') ? breaks : breaks.slice(0, 1);
  return made.join('') + chomped;
}

/** The columns that are no part of the text: those of its first line that isn't blank, or of a longer blank one before. */
function indentOf(lines: readonly string[], least: number): number {
  const first = lines.findIndex((line) => /[^ ]/.test(line));
  const leading = first < 0 ? lines : lines.slice(0, first + 1);
  return Math.max(1, least, ...leading.map((line) => line.search(/[^ ]|$/)));
}
