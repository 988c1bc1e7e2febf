import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { configFiles, importStream, targets } from '../../bench/config-repo.ts';
import { baselines, tagboat } from '../../bench/flows.ts';

it('a config repo has exactly as many files as asked, each with a path of its own', () => {
  for (const count of [20, 1000, 1234]) {
    const paths = [...configFiles(count)].map((file) => file.path);
    expect(paths).toHaveLength(count);
    expect(new Set(paths).size).toBe(count);
  }
});

it('every file is YAML of some thirty lines', () => {
  for (const file of configFiles(100)) {
    expect(() => parse(file.text), file.path).not.toThrow();
    expect(file.text.endsWith('\n')).toBe(true);
  }
});

it('both targets stand in files of the repo, the deep one four folders down', () => {
  for (const count of [1000, 10_000]) {
    const files = new Map([...configFiles(count)].map((file) => [file.path, file.text]));
    for (const target of targets(count)) {
      const values = parse(files.get(target.file) ?? '');
      expect(values[target.section][target.key], target.file).toMatch(/^[0-9a-f]{40}$/);
    }
  }
  expect(targets(1000).map((target) => target.file.split('/').length - 1)).toEqual([4, 1]);
});

it('the same count gives the same bytes, so that a kept repo can be used again', () => {
  expect([...importStream(200, 3)]).toEqual([...importStream(200, 3)]);
});

it('data sizes in the import are bytes', () => {
  const parts = [...importStream(40, 2)].filter((part) => part.includes('data '));
  expect(parts).toHaveLength(40 + 2 + 3);
  for (const part of parts) {
    const [, size, text = ''] = /\ndata (\d+)\n([\s\S]*)\n$/.exec(part) ?? [];
    expect(Number(size)).toBe(Buffer.byteLength(text));
  }
});

it('every flow is asked for the same file, value and branch', () => {
  const [target] = targets(1000);
  if (target === undefined) throw new Error('no target');
  for (const flow of [...baselines, tagboat('cli.js')]) {
    const command = flow.argv({ url: 'http://host/repo.git', target, value: 'abc' }).join(' ');
    for (const word of ['http://host/repo.git', target.file, target.key, 'abc', 'main'])
      expect(command).toContain(word);
  }
});
