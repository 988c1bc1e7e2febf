import fc from 'fast-check';
import { expect, it } from 'vitest';
import { intentFate, leavesQueue } from '../../../src/commit/queue/decisions.ts';
import { type Intent, readIntent, repoName, writeIntent } from '../../../src/commit/queue/intent.ts';
import { intentId, publishedAt } from '../../../src/commit/repo/layout.ts';
import { Secret } from '../../../src/wire/secret.ts';

const id = intentId(1_700_000_000_123, () => 0.5);
const intent: Intent = {
  id,
  branch: 'main',
  edits: [{ file: 'main/values.yaml', path: '.front.imageTag', value: 'new', create: false, expects: 'old' }],
  message: 'Update image tag\n\nTagboat-App: front',
  author: { name: 'A', email: 'a@example.test' },
  committer: { name: 'C', email: 'c@example.test' },
  publishedAt: 1_700_000_000_123,
  expiresAt: 1_700_000_900_123,
};
const key = new Secret('shared by all writers', 'queue key');
const written = (one: Intent, withKey?: Secret) => writeIntent(one, 'sha1', withKey).commit.content;

it('an intent comes back as it was written, whatever its texts hold', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.option(fc.string(), { nil: undefined }),
      (message, value, expects) => {
        const edits = [{ file: 'f', path: '.p', value, create: false, ...(expects === undefined ? {} : { expects }) }];
        const one = { ...intent, message, edits } as Intent;
        expect(readIntent(written(one, key), id, 'main', key)).toEqual(one);
      },
    ),
  );
});

it('an intent that only holds or releases comes back as it was written', () => {
  const place = { file: 'main/values.yaml', path: '.front.imageTag' };
  const hold = {
    is: 'hold',
    places: [{ ...place, value: 'a' }],
    by: 'Ada',
    why: 'w',
    until: '2026-01-01T00:00:00Z',
  } as const;
  for (const holds of [hold, { is: 'release', places: [place] } as const]) {
    const one: Intent = { ...intent, edits: [], holds };
    expect(readIntent(written(one), id, 'main', undefined)).toEqual(one);
  }
});

it.each<[string, unknown]>([
  ['of another kind', { is: 'freeze', places: [] }],
  ['without places', { is: 'release' }],
  ['without the value it holds', { is: 'hold', places: [{ file: 'f', path: '.p' }], by: 'a', why: 'b' }],
  ['of nobody', { is: 'hold', places: [], why: 'b' }],
  ['with an end that is no time', { is: 'hold', places: [], by: 'a', why: 'b', until: 'Friday' }],
])('an intent with a hold %s is not read', (_, holds) => {
  const one = { ...intent, holds } as unknown as Intent;
  expect(readIntent(written(one), id, 'main', undefined)).toBeUndefined();
});

it('an id sorts by its time and tells it', () => {
  expect(publishedAt(id)).toBe(1_700_000_000_123);
  expect(intentId(999, () => 0.9) < intentId(1_000, () => 0)).toBe(true);
  expect(publishedAt('main')).toBeUndefined();
});

it.each<[string, Buffer]>([
  ['for another id', written({ ...intent, id: intentId(5, () => 0) })],
  ['for another branch', written({ ...intent, branch: 'other' })],
  ['without edits', written({ ...intent, edits: [] })],
  ['with an edit that is none', written({ ...intent, edits: [{ file: 1 }] as unknown as Intent['edits'] })],
  ['that is no JSON', Buffer.from(`tree x\n\nTagboat intent ${id}\n\n{nonsense\n`)],
  ['that is larger than any intent', written({ ...intent, message: 'x'.repeat(70_000) })],
])('an intent %s is not read', (_, content) => {
  expect(readIntent(content, id, 'main', undefined)).toBeUndefined();
});

it('with a key, only an intent with its code is read', () => {
  expect(readIntent(written(intent, key), id, 'main', key)).toEqual(intent);
  expect(readIntent(written(intent), id, 'main', key)).toBeUndefined();
  expect(readIntent(written(intent, new Secret('another', 'key')), id, 'main', key)).toBeUndefined();
  const forged = written(intent, key).toString().replace('"new"', '"bad"');
  expect(readIntent(Buffer.from(forged), id, 'main', key)).toBeUndefined();
});

it('with a key, an intent is read in its own repository alone', () => {
  const one = { ...intent, repo: repoName('https://git.example/Acme/config.git') };
  const content = written(one, key);
  for (const url of ['https://git.example/acme/config', 'https://GIT.example/acme/config.git/']) {
    expect(readIntent(content, id, 'main', key, repoName(url))).toEqual(one);
  }
  expect(readIntent(content, id, 'main', key, repoName('https://git.example/acme/other'))).toBeUndefined();
  expect(
    readIntent(written(intent, key), id, 'main', key, repoName('https://git.example/acme/config')),
  ).toBeUndefined();
  const later = written(one, key)
    .toString()
    .replace(String(one.expiresAt), String(one.expiresAt + 1));
  expect(readIntent(Buffer.from(later), id, 'main', key, one.repo)).toBeUndefined();
});

it.each<[string, Partial<Intent>]>([
  ['at its expiry', { expiresAt: 5 }],
  ['a day after it was published', { expiresAt: Number.MAX_SAFE_INTEGER, publishedAt: 5 - 86_400_000 }],
])('an intent never lands from %s on, and leaves the queue', (_, change) => {
  const one = { ...intent, publishedAt: 0, ...change };
  expect(intentFate(one, ['old'], 5)).toBe('expired');
  expect(intentFate(one, ['old'], 4)).toBe('land');
  expect(leavesQueue('expired')).toBe(true);
});
