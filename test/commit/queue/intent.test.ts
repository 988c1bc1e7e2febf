import fc from 'fast-check';
import { expect, it } from 'vitest';
import { intentFate, leavesQueue } from '../../../src/commit/queue/decisions.ts';
import { type Intent, longestIntent, readIntent, repoName, writeIntent } from '../../../src/commit/queue/intent.ts';
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

it('an intent as long as any is read', () => {
  const spare = longestIntent - written({ ...intent, message: '' }).byteLength;
  const one = { ...intent, message: 'x'.repeat(spare) };
  expect(written(one).byteLength).toBe(longestIntent);
  expect(readIntent(written(one), id, 'main', undefined)).toEqual(one);
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
  // Whoever has no repository to compare, or no key, takes one of any.
  expect(readIntent(content, id, 'main', key)).toEqual(one);
  expect(readIntent(written(one), id, 'main', undefined, repoName('https://git.example/acme/other'))).toEqual(one);
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

it('an intent that is dated a day ahead has expired too: no clock is that wrong, and nobody would live to see its end', () => {
  const day = 86_400_000;
  const one = { ...intent, publishedAt: day + 5, expiresAt: Number.MAX_SAFE_INTEGER };
  expect(intentFate(one, ['old'], 5)).toBe('expired');
  expect(intentFate(one, ['old'], 6)).toBe('land');
});

const edit = intent.edits[0] as Intent['edits'][number];
const spot = { file: 'f', path: '.p', value: 'v' };
const freeze = { is: 'hold', places: [spot], by: 'a', why: 'b' };

it.each<[string, Record<string, unknown>]>([
  ['a message that is no text', { message: 3 }],
  ['no branch', { branch: undefined }],
  ['an author without an address', { author: { name: 'A' } }],
  ['an author without a name', { author: { email: 'a@b.test' } }],
  ['no committer', { committer: null }],
  ['an expiry between milliseconds', { expiresAt: 1.5 }],
  ['a time that is text', { publishedAt: '1700000000123' }],
  ['a repo that is no text', { repo: 3 }],
  ['a tip that is no commit', { on: 'main' }],
  ['a tip that is no text', { on: 3 }],
  ['edits that are no list', { edits: { 0: edit, length: 1 } }],
  ['more edits than any', { edits: Array.from({ length: 201 }, () => edit) }],
  ['an edit that is null', { edits: [null] }],
  ['an edit that is a list', { edits: [[]] }],
  ['an edit without a file', { edits: [{ ...edit, file: undefined }] }],
  ['an edit without a path', { edits: [{ ...edit, path: 3 }] }],
  ['an edit without a value', { edits: [{ ...edit, value: null }] }],
  ['an edit that may be one that creates', { edits: [{ ...edit, create: 'yes' }] }],
  ['an edit that expects a number', { edits: [{ ...edit, expects: 3 }] }],
  ['an edit of no known type', { edits: [{ ...edit, as: 3 }] }],
  ['an edit that allows anything', { edits: [{ ...edit, allow: 'all' }] }],
  ['a hold that is null', { holds: null }],
  ['a hold whose places are no list', { holds: { ...freeze, places: {} } }],
  ['a hold of more places than any', { holds: { ...freeze, places: Array.from({ length: 201 }, () => spot) } }],
  ['a hold of a place without a file', { holds: { ...freeze, places: [{ ...spot, file: 3 }] } }],
  ['a hold of a place without a path', { holds: { ...freeze, places: [{ ...spot, path: 3 }] } }],
  ['a hold of a place that is null', { holds: { ...freeze, places: [null] } }],
  ['a hold without a reason', { holds: { ...freeze, why: undefined } }],
  ['a hold until something', { holds: { ...freeze, until: 3 } }],
  ['a hold until no time', { holds: { ...freeze, until: 'Friday' } }],
  ['a hold for no app', { holds: { ...freeze, app: 3 } }],
  ['a hold for no delivery', { holds: { ...freeze, delivery: 3 } }],
  ['a release of no place', { holds: { is: 'release', places: ['f:.p'] } }],
  ['a repair', { holds: { is: 'repair', places: [] } }],
])('an intent with %s is not read', (_, change) => {
  const json = JSON.stringify({ ...intent, holds: freeze, ...change });
  expect(readIntent(Buffer.from(`tree x\n\nTagboat intent ${id}\n\n${json}\n`), id, 'main', undefined)).toBe(undefined);
});

it('an intent with all that it may have is read', () => {
  const all = {
    ...{ ...intent, repo: 'git.example/acme/config', on: 'a'.repeat(40) },
    edits: Array.from({ length: 200 }, () => ({ ...edit, as: 'text', allow: [], expects: undefined })),
    holds: { ...freeze, until: '2026-01-01T00:00:00Z', app: 'shop', delivery: 'main' },
  } as unknown as Intent;
  expect(readIntent(written(all), id, 'main', undefined)).toEqual(all);
  expect(readIntent(written(all, key), id, 'main', new Secret('short', 'key'))).toBeUndefined();
});

it('a hold has no end of its own, and as many places as any intent', () => {
  const holds = { ...freeze, places: Array.from({ length: 200 }, () => spot) };
  const one = { ...intent, holds } as unknown as Intent;
  expect(readIntent(written(one), id, 'main', undefined)).toEqual(one);
});

it('a list, a text and nothing are no intents', () => {
  for (const json of ['[]', '"x"', 'null', '3']) {
    expect(
      readIntent(Buffer.from(`tree x\n\nTagboat intent ${id}\n\n${json}\n`), id, 'main', undefined),
    ).toBeUndefined();
  }
});
