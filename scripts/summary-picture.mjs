// A job summary's Markdown as an SVG like GitHub's own page shows it. Text stays text; widths are those of common fonts, about.
import { marked } from 'marked';

const page = { pad: 24, line: 24, row: 37, code: 18 };
const ink = { text: '#1f2328', link: '#0969da', border: '#d1d9e0', code: '#f6f8fa', '+': '#1a7f37', '-': '#cf222e' };
const sans = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif";
const mono = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

const plain = (text) =>
  text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Pieces of a line: texts with what they look like. */
function pieces(tokens, look = {}) {
  const now = { ...look };
  return tokens.flatMap((token) => {
    if (token.type === 'html') now.isCode = !token.raw.startsWith('</');
    if (token.type === 'html') return [];
    const inner = token.type === 'strong' ? { isBold: true } : token.type === 'link' ? { isLink: true } : {};
    if (token.tokens !== undefined) return pieces(token.tokens, { ...now, ...inner });
    return [{ ...now, text: plain(token.text ?? token.raw) }];
  });
}

const widthOf = (line) =>
  line.reduce((sum, { text, isCode, isBold }) => sum + text.length * (isCode ? 7.3 : isBold ? 8.4 : 7.2), 0);

function written(line, x, y, all = {}) {
  const spans = line.map(({ text, isCode, isBold, isLink }) => {
    const family = isCode ? ` font-family="${mono}" font-size="12"` : '';
    const weight = isBold || all.isBold ? ' font-weight="600"' : '';
    return `<tspan${family}${weight}${isLink ? ` fill="${ink.link}"` : ''}>${escaped(text)}</tspan>`;
  });
  return `<text x="${x}" y="${y}" font-size="${all.size ?? 14}">${spans.join('')}</text>`;
}

/** The picture of a summary. */
export function summaryPicture(markdown) {
  const out = [];
  let [y, widest] = [page.pad, 0];
  const reach = (width) => {
    widest = Math.max(widest, width);
  };
  const draw = {
    heading: ({ tokens }) => {
      out.push(written(pieces(tokens), page.pad, y + 20, { size: 20, isBold: true }));
      y += 44;
    },
    paragraph: ({ tokens }) => {
      const line = pieces(tokens);
      out.push(written(line, page.pad, y + 16));
      reach(widthOf(line));
      y += page.line + 8;
    },
    list: ({ items }) => {
      for (const { tokens } of items) {
        const line = [{ text: '•  ' }, ...pieces(tokens)];
        out.push(written(line, page.pad + 12, y + 16));
        reach(widthOf(line) + 12);
        y += page.line + 4;
      }
      y += 6;
    },
    code: ({ text }) => {
      const lines = text.split('\n');
      const height = lines.length * page.code + 24;
      out.push(`<rect x="${page.pad}" y="${y}" width="WIDTH" height="${height}" rx="6" fill="${ink.code}"/>`);
      for (const [at, line] of lines.entries()) {
        const color = /^[+-](?![+-])/.test(line) ? ` fill="${ink[line[0]]}"` : '';
        out.push(
          `<text x="${page.pad + 14}" y="${y + 24 + at * page.code}" font-size="12" font-family="${mono}"${color}>${escaped(line)}</text>`,
        );
        reach(line.length * 7.3 + 28);
      }
      y += height + 14;
    },
    table: ({ header, rows }) => {
      const cells = [header, ...rows].map((row, at) => row.map(({ tokens }) => pieces(tokens, { isBold: at === 0 })));
      const widths = header.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column]))) + 26);
      const whole = widths.reduce((sum, one) => sum + one, 0);
      for (const row of cells) {
        let x = page.pad;
        for (const [column, line] of row.entries()) {
          out.push(
            `<rect x="${x}" y="${y}" width="${widths[column]}" height="${page.row}" fill="none" stroke="${ink.border}"/>`,
          );
          out.push(written(line, x + 13, y + 23));
          x += widths[column];
        }
        y += page.row;
      }
      reach(whole);
      y += 16;
    },
  };
  for (const token of marked.lexer(markdown)) draw[token.type]?.(token);
  const [width, height] = [Math.round(widest + 2 * page.pad), Math.round(y + page.pad - 8)];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6" fill="#ffffff" stroke="${ink.border}"/>
<g font-family="${sans}" fill="${ink.text}" xml:space="preserve">
${out.join('\n').replaceAll('WIDTH', String(Math.round(widest)))}
</g>
</svg>
`;
}
