import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

const folder = join(import.meta.dirname, '../../wire/argocd/fixtures');

/**
 * What is kept of a real Argo CD's answers, so that client and stand-in are held against them without a cluster.
 * With `TAGBOAT_RECORD=1` the answers are written anew.
 */
async function recorded(name: string, answer: unknown): Promise<unknown> {
  const file = join(folder, `${name}.json`);
  if (process.env.TAGBOAT_RECORD === '1') {
    await mkdir(folder, { recursive: true });
    await writeFile(file, `${JSON.stringify(impersonal(answer), undefined, 2)}\n`);
  }
  return JSON.parse(await readFile(file, 'utf8'));
}

/** The answer without what is of this machine and without managed fields, which nobody reads and which are long. */
function impersonal(answer: unknown): unknown {
  const text = JSON.stringify(answer, (key, value) => (key === 'managedFields' ? undefined : value));
  return JSON.parse(text.replaceAll(/127\.0\.0\.1:\d+/g, 'git.example.test').replaceAll(`-${hostname()}"`, '-host"'));
}

/** Names that are data rather than fields: below them any key may stand. */
const maps = new Set(['annotations', 'labels', 'networkingInfo', 'targetLabels', 'usage']);

/** The fields of a value, as paths; `[]` for any element. Two answers of one kind have the same. */
function shapeOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((one) => shapeOf(one, `${at}[]`)))].sort();
  if (typeof value !== 'object' || value === null) return [`${at} ${value === null ? 'null' : typeof value}`];
  const below = Object.entries(value).flatMap(([key, one]) =>
    maps.has(key) ? [`${at}.${key} map`] : shapeOf(one, `${at}.${key}`),
  );
  return [...new Set(below)].sort();
}

/** Requires every field that was recorded under this name. Real answers leave out what is empty, so more is no fault. */
export async function same(name: string, answer: unknown): Promise<void> {
  const kept = shapeOf(await recorded(name, answer));
  expect(shapeOf(answer)).toEqual(expect.arrayContaining(kept));
}
