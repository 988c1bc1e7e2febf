import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../../errors.ts';
import type { Board } from '../../events/board.ts';

/** Put in by the build: the page's script and style as JSON. Absent where the sources run as they are. */
declare const __TAGBOAT_WEB__: string | undefined;

export interface Assets {
  readonly script: string;
  readonly style: string;
}

/** What the page loads, out of this program itself. */
export async function loadAssets(): Promise<Assets> {
  if (typeof __TAGBOAT_WEB__ === 'string') return JSON.parse(__TAGBOAT_WEB__) as Assets;
  const built = join(import.meta.dirname, '../../../dist/web.json');
  return JSON.parse(await readFile(built, 'utf8')) as Assets;
}

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
];

export const headers = {
  'content-security-policy': [...policy, "connect-src 'self'", "frame-ancestors 'none'"].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/** The page's own text. `isKept`: it is read without a server, and what it shows stands in a file beside it. */
export function pageText(isKept: boolean): string {
  // A file of a folder has no origin that 'self' could mean in every browser.
  const kept = `<meta http-equiv="content-security-policy" content="${policy.join('; ').replaceAll("'self'", "'self' file:")}">\n`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
${isKept ? kept : ''}<title>Tagboat</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="app.css">
${isKept ? '<script defer src="board.js"></script>\n' : ''}<script defer src="app.js"></script>
<body><div id="app"></div><noscript>The dashboard needs JavaScript.</noscript>
</html>
`;
}

/** Writes the page with what it shows as files that need no server. Answers their names. */
export async function exportBoard(dir: string, board: Board): Promise<string[]> {
  const { script, style } = await loadAssets();
  // Nothing in it can end the script's text, or begin markup.
  const json = JSON.stringify(JSON.stringify(board)).replace(
    /[<>&\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const files = {
    'index.html': pageText(true),
    'app.css': style,
    'app.js': script,
    'board.js': `globalThis.tagboatBoard=JSON.parse(${json});\n`,
  };
  try {
    await mkdir(dir, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  } catch (error) {
    const problem = `Files can't be written to ${dir}: ${error instanceof Error ? error.message : error}`;
    throw usageError(problem, 'ui');
  }
  return Object.keys(files);
}
