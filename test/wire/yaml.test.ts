import { expect, it } from 'vitest';
import { parseYaml } from '../../src/wire/yaml.ts';

const limits = { depth: 10, documents: 2 };

it('counts documents, and not what stands astray in one', () => {
  const [document] = parseYaml('a: { b: x{C}, d: 1, e: 2, f: 3, g: 4 }\nh: 1\n', limits) ?? [];
  expect(document?.errors[0]?.pos).toEqual([9, 10]);
  expect(parseYaml('a\n---\nb\n', limits)).toHaveLength(2);
  expect(parseYaml('a\n---\nb\n---\nc\n', limits)).toBeUndefined();
});

it('keeps to itself what it finds odd: a file may hold secrets', async () => {
  const warnings: unknown[] = [];
  const hear = (warning: unknown): void => void warnings.push(warning);
  process.on('warning', hear);
  const [document] = parseYaml('{ [password, hunter2]: x }\n', limits) ?? [];
  expect(document?.toJS()).toEqual({ '[ password, hunter2 ]': 'x' });
  // Warnings come in a turn of their own.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', hear);
  expect(warnings).toEqual([]);
});
