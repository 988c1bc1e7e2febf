import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { editFile } from '../../../src/commit/edit/edit.ts';
import { isError } from '../../../src/errors.ts';
import { tempDir } from '../../support/git-host.ts';

// Building it takes minutes: the tests on a real Argo CD do it.
const cache = join(import.meta.dirname, '../../../.cache/cluster');
const helm = (existsSync(cache) ? readdirSync(cache) : []).map((name) => join(cache, name, 'helm')).find(existsSync);
const why = helm === undefined ? ' (skipped: Helm is not built yet; npm run test:cluster does it)' : '';

const slots = ['old', '1', '1.9', '1.10', '0', '150', '1e3', '0x1f', '123456789012', 'true', 'null', '~', '', '2024-01-01', '12:30', '"old"', "'1'", '|\n    old', '>-\n    old', '!!str 1', '&x 1']; // biome-ignore format: a table
// biome-ignore format: a table
const values = [
  '1.10', '0151', '010', '123456789012', '1e5', '12e3456', '3.10', '100', '1.0', '-0', '+1', '0x1F', '0o17', '0b1', '1_000', '.5', '.inf', '.nan', '5.',
  '2024-01-01', '2024-01-01T00:00:00Z', '12:30', '1:2:3', 'null', 'Null', '~', 'yes', 'No', 'on', 'OFF', 'y', 'N', 'true', 'False', '<<', '=',
  '# c', 'a: b', "it's", '{{ x }}', '[a]', '*a', '&a', '!a', '%a', '@a', '`a`', 'a #b', ' a', 'a ', 'a\nb', '9007199254740993', '1234567', '0.00001',
  '{"a":1}', 'ghcr.io/acme/app:1.10@sha256:0000', 'sha-1234567', '1234567890123456789012345678901234567890',
];

it.skipIf(helm === undefined)(`what is set is what Helm renders, whatever it replaces${why}`, async () => {
  const cases = slots.flatMap((slot) =>
    values.flatMap((value) => [undefined, 'text' as const].map((as) => ({ slot, value, as }))),
  );
  const before = cases.map(({ slot }, at) => `k${at}: ${slot}\n`).join('');
  let made = `map:\n${before.replace(/^/gm, '  ').trimEnd()}\n`;
  const asked: { readonly key: string; readonly value: string }[] = [];
  // Some at a time: each edit reads its file twice.
  const parts = made.split(/^(?= {2}k\d+:)/m);
  made = parts
    .map((part, at) => {
      const one = cases[at - 1];
      if (one === undefined) return part;
      const key = `k${at - 1}`;
      const edit = { file: 'v.yaml', path: `.map.${key}`, value: one.value, as: one.as, create: false };
      try {
        const { bytes } = editFile('v.yaml', new TextEncoder().encode(`map:\n${part}`), [edit]);
        asked.push({ key, value: one.value });
        return new TextDecoder()
          .decode(bytes)
          .replace(/^map:\n/, '')
          .replace('&x ', '');
      } catch (error) {
        if (isError(error)) return part;
        throw error;
      }
    })
    .join('');
  expect(asked.length).toBeGreaterThan(cases.length * 0.95);
  expect(await rendered(made)).toEqual(Object.fromEntries(asked.map(({ key, value }) => [key, value])));
});

it.skipIf(helm === undefined)(`a key that is created is what Helm renders${why}`, async () => {
  const edits = values.map((value, at) => ({ file: 'v.yaml', path: `.map.k${at}`, value, create: true }));
  const { bytes } = editFile('v.yaml', new TextEncoder().encode('other: 1\n'), edits);
  expect(await rendered(new TextDecoder().decode(bytes))).toEqual(
    Object.fromEntries(values.map((value, at) => [`k${at}`, value])),
  );
});

/** What `{{ .Values.map.KEY }}` is in a template, by key, for the keys that the values file has. */
async function rendered(text: string): Promise<Record<string, string>> {
  const chart = join(await tempDir(), 'chart');
  await mkdir(join(chart, 'templates'), { recursive: true });
  await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: chart\nversion: 0.1.0\n');
  const shown =
    '{{ range $key, $value := .Values.map }}{{ print $value | toJson | quote | printf "%s: %s" $key }}\n  {{ end }}';
  const template = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: shown }\ndata:\n  ${shown}\n`;
  await writeFile(join(chart, 'templates', 'shown.yaml'), template);
  await writeFile(join(chart, 'values.yaml'), text);
  const env = { HOME: chart, PATH: process.env.PATH };
  const printed = execFileSync(String(helm), ['template', 'r', chart], { encoding: 'utf8', env });
  const lines = printed.split('\n').flatMap((line) => /^ {2}(k\d+): (".*")$/.exec(line) ?? []);
  const found: Record<string, string> = {};
  for (let at = 0; at < lines.length; at += 3)
    found[String(lines[at + 1])] = JSON.parse(JSON.parse(String(lines[at + 2])));
  return found;
}
