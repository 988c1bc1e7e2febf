import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, it } from 'vitest';

const dist = resolve(import.meta.dirname, '../../../dist');
const chunks = (name: string): string => {
  // Of two builds' chunks the newer one is named by what was built last.
  const main = readFileSync(join(dist, named('main')), 'utf8');
  return new RegExp(`"\\./(${name}-[0-9A-Z]+\\.js)"`).exec(main)?.[1] ?? '';
};
const named = (name: string): string =>
  `chunks/${new RegExp(`/(${name}-[0-9A-Z]+\\.js)`).exec(readFileSync(join(dist, 'cli.js'), 'utf8'))?.[1]}`;

/** Bytes and libraries of all that a file loads before its first line is run. */
function loaded(entry: string): { files: number; bytes: number; text: string } {
  const files = new Set([join(dist, entry)]);
  let text = '';
  for (const file of files) {
    const source = readFileSync(file, 'utf8');
    text += source;
    // A static import stands at the beginning of a statement, one for later is a call.
    for (const [, path = ''] of source.matchAll(/(?:^|[;\n}])(?:import|export)[^;()]{0,20000}?"(\.[^"]+\.js)"/g)) {
      files.add(resolve(file, '..', path));
    }
  }
  return { files: files.size, bytes: text.length, text };
}

beforeAll(() => {
  execFileSync(process.execPath, [resolve(dist, '../scripts/build.mjs'), '--if-needed']);
});

it('a version is told by three small files', () => {
  const { files, bytes } = loaded('cli.js');
  expect({ files, small: bytes < 5_000 }).toEqual({ files: 3, small: true });
});

it.each([
  'commit',
  'wait',
])('%s loads no library for configs, lists, builds or clouds before it needs one', (command) => {
  expect(readdirSync(join(dist, 'chunks'))).toContain(chunks(command));
  const { files, bytes, text } = loaded(`chunks/${chunks(command)}`);
  expect(files).toBeLessThanOrEqual(6);
  // Room for a feature or two; what a library of this list weighs doesn't fit in.
  expect(bytes).toBeLessThan(500_000);
  // CommonJS ones keep their paths in the bundle; the others are held by the size.
  for (const library of ['picomatch', 'ajv', '@smithy', 'google-auth-library']) {
    expect(text.includes(`node_modules/${library}/`), library).toBe(false);
  }
});

it('a value is edited without what reads a config', () => {
  const all = new Set(['cli.js']);
  for (const file of all) {
    const source = readFileSync(join(dist, file), 'utf8');
    // Of earlier builds there may be chunks left: those of this one are reached from its first file.
    for (const [, name = ''] of source.matchAll(/"\.\/(?:chunks\/)?([\w.-]+-[0-9A-Z]+\.js)"/g))
      all.add(`chunks/${name}`);
  }
  const edits = [...all].filter((file) => /\bfunction editFile\(/.test(readFileSync(join(dist, file), 'utf8')));
  expect(edits).toHaveLength(1);
  for (const file of edits) expect(loaded(file).text).not.toContain('ZodError');
});
