// Draws what real runs print, as SVG: `node scripts/screenshot.mjs`. Text stays text, so the pictures are small.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildIfNeeded } from './build.mjs';
import { root } from './setup.mjs';

const style = String.raw`\u001b\[(\d+)m`;
const colors = { 31: '#e5534b', 32: '#57ab5a', 33: '#c69026', 36: '#39c5cf' };
const size = { line: 18, char: 7.8, pad: 18 };

function spans(line, columns) {
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

/**
 * Draws lines of a terminal; what is too wide is broken as a terminal does. `times` are the seconds at which lines came:
 * with them it is a recording, which plays again and again and stands still for whoever wants less motion.
 */
function draw(file, printed, { widest = 118, times } = {}) {
  const bare = (line) => line.replace(new RegExp(style, 'g'), '');
  const parts = printed.map((line) => broken(line, widest));
  const shown = parts.flat();
  const came = times && parts.flatMap((lines, at) => lines.map(() => times[at]));
  // The end stays for a while.
  const whole = times && Math.max(...times) + 6;
  const steps = [...new Set(came ?? [])];
  const moving =
    times &&
    `<style>
${steps.map((at, step) => `@keyframes k${step}{0%{opacity:0}${((at / whole) * 100).toFixed(2)}%{opacity:1}}.k${step}{animation:k${step} ${whole.toFixed(1)}s step-end infinite}`).join('\n')}
@media (prefers-reduced-motion:reduce){text{animation:none!important}}
</style>
`;
  const columns = Math.max(...shown.map((line) => bare(line).length));
  const width = Math.round(columns * size.char + 2 * size.pad);
  const height = shown.length * size.line + 2 * size.pad;
  const rows = shown.map(
    (line, at) =>
      `<text x="${size.pad}" y="${size.pad + (at + 0.8) * size.line}"${came ? ` class="k${steps.indexOf(came[at])}"` : ''}>${spans(line, columns)}</text>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
${moving ?? ''}<rect width="100%" height="100%" rx="8" fill="#1c2128"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" fill="#cdd9e5" xml:space="preserve">
${rows.join('\n')}
</g>
</svg>
`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, svg);
}

/** A line broken between words where it is too long. A colour of the whole line is that of its parts. */
function broken(line, widest) {
  const bare = (text) => text.replace(new RegExp(style, 'g'), '');
  if (bare(line).length <= widest) return [line];
  const [indent] = /^ */.exec(line);
  const [open] = new RegExp(`^(?:${style.replace('(', '(?:')})*`).exec(line.trimStart());
  const whole = bare(line.slice(indent.length + open.length)) === line.slice(indent.length + open.length, -5);
  const lines = [''];
  for (const word of line.trimStart().split(' ')) {
    const longer = lines.at(-1) === '' ? word : `${lines.at(-1)} ${word}`;
    if (indent.length + bare(longer).length > widest) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.map((one, at) => `${indent}${at > 0 && whole ? open : ''}${one}`);
}

function run(cwd, ...args) {
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist', 'cli.js'), ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: '1', NO_COLOR: undefined },
  });
  return `${stderr}${stdout}`.trimEnd().split('\n');
}

/** The same, with the seconds after the start at which each line came. */
async function record(cwd, ...args) {
  const env = { ...process.env, FORCE_COLOR: '1', NO_COLOR: undefined };
  const child = spawn(process.execPath, [join(root, 'dist', 'cli.js'), ...args], { cwd, env });
  const lines = [];
  for await (const text of createInterface({ input: child.stderr }))
    lines.push({ text, at: performance.now() / 1_000 });
  return lines;
}

const prompt = (words) => [`\x1b[2m$\x1b[22m ${words}`, ''];

await buildIfNeeded();

// A builder's lines are shown live on a terminal and gone afterwards.
const demo = run(root, 'demo', '--exit').filter((line) => !/│|assembling:/.test(line));
const end = demo.findIndex((line) => line.includes('What is where now'));
draw(join(root, 'docs', 'demo.svg'), [...prompt('npm start'), ...demo.slice(0, end)]);
// The README has room for the first run alone.
const second = demo.findIndex((line) => line.includes('Commit 2:'));
draw(join(root, 'docs/pictures/first-run.svg'), [...prompt('npm start'), ...demo.slice(0, second - 1)]);

const recorded = await record(root, 'demo', '--exit');
const [from, to] = ['tagboat ship', 'On the wire'].map((words) =>
  recorded.findIndex(({ text }) => text.includes(words)),
);
const shipped = recorded.slice(from, to).filter(({ text }) => !/│|assembling:/.test(text));
// A second to read the command; a slow machine's run in six, in proportion.
const pace = Math.min(1, 6 / (shipped.at(-1).at - shipped[0].at));
draw(join(root, 'docs/pictures/ship.svg'), [...prompt('tagboat ship'), ...shipped.map(({ text }) => text)], {
  times: [0, 0, ...shipped.map(({ at }) => 1 + (at - shipped[0].at) * pace)],
});

const dir = mkdtempSync(join(tmpdir(), 'tagboat-pictures-'));
try {
  writeFileSync(
    join(dir, 'tagboat.yaml'),
    `registry: ghcr.io/acme
images:
  shop: { dockerfil: build/Dockerfile, engine: docker-buildx }
deliveries:
  main:
    from: main
    repo: acme/config
    set: { shop/values.yaml: { .image.tag: "{tga}" } }
`,
  );
  draw(join(root, 'docs/pictures/validate.svg'), [...prompt('tagboat validate'), ...run(dir, 'validate')]);
  writeFileSync(
    join(dir, 'trust.json'),
    `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": { "token.actions.githubusercontent.com:sub": "repo:acme/shop:ref:refs/heads/main" },
        "StringEquals": { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" }
      }
    }
  ]
}
`,
  );
  const words = ['doctor', '--trust-policy', 'trust.json', '--repo', 'acme/shop', '--ref', 'main'];
  const told = run(dir, ...words);
  const policy = told.findIndex((line) => line.startsWith('The smallest policy'));
  draw(join(root, 'docs/pictures/trust.svg'), [
    ...prompt(`tagboat ${words.join(' ')}`),
    ...(policy < 0 ? told : told.slice(0, policy)),
  ]);
} finally {
  rmSync(dir, { recursive: true });
}
