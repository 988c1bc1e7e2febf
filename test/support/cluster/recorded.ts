import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';

const folder = join(import.meta.dirname, '../../wire/argocd/fixtures');

/** With `TAGBOAT_RECORD=1` the answers are written anew: those that look as before, or what there is a minute later. */
const recording = process.env.TAGBOAT_RECORD === '1';
const patience = 60_000;

/**
 * What is kept of a real Argo CD's answers, so that client and stand-in are held against them without a cluster: the
 * fields of one, none where one is to be recorded for the first time.
 */
async function recorded(name: string): Promise<string[]> {
  const text = await readFile(join(folder, `${name}.json`), 'utf8').catch((error: unknown) => {
    if (recording) return '{}';
    throw error;
  });
  return shapeOf(JSON.parse(text));
}

async function record(name: string, answer: unknown): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(impersonal(answer), undefined, 2)}\n`);
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

/** Fields of the first that the second lacks. Real answers leave out what is empty, so more is no fault. */
function missing(kept: readonly string[], answer: unknown): string[] {
  const has = new Set(shapeOf(answer));
  return kept.filter((field) => !has.has(field));
}

/** Requires of an answer that is given only once every field that was recorded under this name. */
export async function same(name: string, answer: unknown): Promise<void> {
  if (recording) return record(name, answer);
  expect(missing(await recorded(name), answer), `fields that ${name} lacks`).toEqual([]);
}

/**
 * Reads, a tenth of a second apart, until the answer is the one that is meant and has every field that was recorded
 * under this name: Argo CD writes one after the other what belongs together. Fails after a minute with what is missing.
 * A read that fails counts as "not yet". The state must be one that lasts; one that passes by may not be seen.
 */
export async function becomes<Answer>(
  name: string,
  read: () => Promise<Answer>,
  isMeant: (answer: Answer) => boolean = () => true,
): Promise<Answer> {
  const kept = await recorded(name);
  const deadline = Date.now() + patience;
  for (;;) {
    const late = Date.now() > deadline;
    try {
      const answer = await read();
      const found = isMeant(answer);
      if (late && !found) throw new Error(`${name} never comes: ${JSON.stringify(answer)}`);
      if (found && (late || missing(kept, answer).length === 0)) {
        await same(name, answer);
        return answer;
      }
    } catch (error) {
      if (late) throw error;
    }
    await sleep(100);
  }
}
