// Draws what the demo prints as docs/demo.svg: `node scripts/screenshot.mjs`. Text stays text, so the picture is small.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildIfNeeded } from './build.mjs';
import { root } from './setup.mjs';

await buildIfNeeded();
const { stderr } = spawnSync(process.execPath, [join(root, 'dist', 'cli.js'), 'demo', '--exit'], {
  encoding: 'utf8',
  env: { ...process.env, FORCE_COLOR: '1', NO_COLOR: undefined },
});
// A builder's lines are shown live on a terminal and gone afterwards.
const lines = stderr.split('\n').filter((line) => !/│|assembling:/.test(line));
const shown = [
  '\x1b[2m$\x1b[22m npm start',
  '',
  ...lines.slice(
    0,
    lines.findIndex((line) => line.includes('What is where now')),
  ),
];

const style = String.raw`\u001b\[(\d+)m`;
const colors = { 31: '#e5534b', 32: '#57ab5a', 33: '#c69026', 36: '#39c5cf' };
const size = { line: 18, char: 7.8, pad: 18 };
const columns = Math.min(118, Math.max(...shown.map((line) => line.replace(new RegExp(style, 'g'), '').length)));
const width = Math.round(columns * size.char + 2 * size.pad);
const height = shown.length * size.line + 2 * size.pad;

function spans(line) {
  const now = { fill: undefined, bold: false, dim: false };
  let left = columns;
  return line
    .split(new RegExp(`(${style.replace('(', '(?:')})`))
    .map((part) => {
      const code = Number(new RegExp(`^${style}$`).exec(part)?.[1]);
      if (Number.isNaN(code)) {
        const text = part.slice(0, left);
        left -= text.length;
        if (text === '') return '';
        const attributes = [
          now.fill === undefined ? '' : ` fill="${now.fill}"`,
          now.bold ? ' font-weight="bold"' : '',
          now.dim ? ' opacity="0.6"' : '',
        ];
        return `<tspan${attributes.join('')}>${escaped(text)}</tspan>`;
      }
      if (code === 1) now.bold = true;
      if (code === 2) now.dim = true;
      if (code === 22) Object.assign(now, { bold: false, dim: false });
      if (code in colors) now.fill = colors[code];
      if (code === 39) now.fill = undefined;
      return '';
    })
    .join('');
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const rows = shown.map(
  (line, at) => `<text x="${size.pad}" y="${size.pad + (at + 0.8) * size.line}">${spans(line)}</text>`,
);
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<rect width="100%" height="100%" rx="8" fill="#1c2128"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" fill="#cdd9e5" xml:space="preserve">
${rows.join('\n')}
</g>
</svg>
`;
writeFileSync(join(root, 'docs', 'demo.svg'), svg);
