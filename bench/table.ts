/**
 * A Markdown table that also reads well on a terminal: columns padded, figures to the right.
 * A column counts as figures when every cell under its heading starts with a digit or a dash.
 */
export function table(rows: readonly (readonly string[])[]): string {
  const [heading = [], ...body] = rows;
  const widths = heading.map((_, column) => Math.max(3, ...rows.map((row) => width(row[column] ?? ''))));
  const figures = heading.map((_, column) => body.every((row) => /^[\d–-]/.test(row[column] ?? '')));
  const line = (row: readonly string[]) =>
    `| ${heading.map((_, column) => pad(row[column] ?? '', widths[column] ?? 0, figures[column] ?? false)).join(' | ')} |`;
  const rule = heading.map((_, column) => {
    const dashes = '-'.repeat((widths[column] ?? 0) - 1);
    return figures[column] ? `${dashes}:` : `-${dashes}`;
  });
  return [line(heading), `| ${rule.join(' | ')} |`, ...body.map(line)].join('\n');
}

function pad(cell: string, to: number, right: boolean): string {
  const blank = ' '.repeat(Math.max(0, to - width(cell)));
  return right ? blank + cell : cell + blank;
}

// Code points, not UTF-16 units: cells hold `×` and `–`, each one column wide.
function width(cell: string): number {
  return [...cell].length;
}
