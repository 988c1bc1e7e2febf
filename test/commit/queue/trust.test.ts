import { expect, it } from 'vitest';
import type { Intent, IntentEdit } from '../../../src/commit/queue/intent.ts';
import { listedFiles, mayLand } from '../../../src/commit/queue/trust.ts';
import { queueListFile } from '../../../src/commit/repo/layout.ts';
import type { Hold, HoldChange } from '../../../src/plan/holds.ts';
import type { Snapshot } from '../../../src/wire/git/snapshot.ts';

const now = Date.UTC(2026, 0, 1);
const person = { name: 'A', email: 'a@example.test' };
const place = { file: 'apps/b/values.yaml', path: '.tag' };
const hold: Hold = { ...place, value: 'a', by: 'Ada', why: 'w', since: new Date(now).toISOString() };

function intent(edits: readonly Partial<IntentEdit>[], holds?: HoldChange): Intent {
  return {
    ...{ id: '1767225600000-000000000000', branch: 'main', message: 'm', author: person, committer: person, holds },
    ...{ publishedAt: now, expiresAt: now + 60_000 },
    edits: edits.map((edit) => ({ ...place, value: 'b', create: false, expects: 'a', ...edit })),
  };
}

/** As `.tagboat/queue.json` lists them. */
function listed(text: string): readonly RegExp[] | 'unreadable' {
  const files = new Map([[queueListFile, { is: 'file', mode: '100644', blob: { content: Buffer.from(text) } }]]);
  return listedFiles({ files } as unknown as Snapshot);
}

const list = (...files: string[]) => listed(JSON.stringify({ version: 1, files })) as readonly RegExp[];
const trusting = { keyed: false, ours: new Set<string>(), listed: list('**') };

it.each<[boolean, string, Intent, Partial<typeof trusting>]>([
  [true, 'a value in a listed file', intent([{}]), { listed: list('apps/*/values.yaml') }],
  [true, 'a value in a listed folder', intent([{}]), { listed: list('apps/') }],
  [true, 'a value in a file that it writes itself', intent([{}]), { listed: [], ours: new Set([place.file]) }],
  [true, 'a hold of its own', intent([], { is: 'hold', places: [{ ...place, path: '.b' }], by: 'B', why: 'w' }), {}],
  [false, 'a value in no such file', intent([{}]), { listed: list('apps/*.yaml', 'other/**') }],
  [false, 'two files of which one is not listed', intent([{}, { file: 'c.yaml' }]), { listed: list('apps/**') }],
  [false, 'a path that is to be made', intent([{ expects: undefined, create: true }]), {}],
  [false, 'a workflow', intent([{ file: '.github/workflows/ci.yml' }]), {}],
  [false, 'a workflow in other letters', intent([{ file: '.GitHub/workflows/ci.yml' }]), {}],
  [false, 'another host\u2019s workflow', intent([{ file: '.gitea/workflows/ci.yml' }]), {}],
  [false, 'a pipeline', intent([{ file: '.gitlab-ci.yml' }]), {}],
  [false, 'a pipeline below the root', intent([{ file: 'infra/azure-pipelines.prod.yaml' }]), {}],
  [
    false,
    'a workflow that it writes itself',
    intent([{ file: '.github/a.yml' }]),
    { ours: new Set(['.github/a.yml']) },
  ],
  [false, 'the holds as a file', intent([{ file: '.tagboat/holds.json' }]), {}],
  [false, 'the holds as a file, with the key', intent([{ file: '.tagboat/holds.json' }]), { keyed: true }],
  [false, 'the list itself', intent([{ file: '.tagboat/queue.json' }]), {}],
  [false, 'the end of a hold', intent([], { is: 'release', places: [place] }), {}],
  [
    false,
    'a hold over somebody\u2019s',
    intent([{}], { is: 'hold', places: [{ file: place.file, path: '.["tag"]' }], by: 'B', why: 'w' }),
    {},
  ],
  [
    false,
    'a hold in no listed file',
    intent([], { is: 'hold', places: [{ ...place }], by: 'B', why: 'w' }),
    { listed: [] },
  ],
  [true, 'the end of a hold, with the key', intent([], { is: 'release', places: [place] }), { keyed: true }],
  [true, 'any file, with the key', intent([{ file: '.github/workflows/ci.yml' }]), { keyed: true, listed: [] }],
])('lands for others (%s): %s', (lands, _, one, trust) => {
  expect(mayLand(one, { ...trusting, ...trust }, [hold], now)).toBe(lands);
});

it('a hold that is over is nobody\u2019s', () => {
  const over = { ...hold, until: new Date(now - 1).toISOString() };
  const change = intent([], { is: 'hold', places: [{ ...place }], by: 'B', why: 'w' });
  expect(mayLand(change, trusting, [over], now)).toBe(true);
});

it.each([
  '',
  '{}',
  '[]',
  '{"version": 2, "files": []}',
  '{"version": 1, "files": "**"}',
  '{"version": 1, "files": [3]}',
  'null',
])('a list that reads %j lists nothing, and is told of', (text) => {
  expect(listed(text)).toBe('unreadable');
});

it('no list lists nothing', () => {
  const files = new Map([[queueListFile, { is: 'missing', folder: '', names: [] }]]);
  expect(listedFiles({ files } as unknown as Snapshot)).toEqual([]);
});

it('a pattern is a whole path, and no expression', () => {
  const [pattern] = list('a+b/*.y?ml');
  expect(['a+b/x.y?ml', 'aab/x.y?ml', 'a+b/c/x.y?ml', 'z/a+b/x.y?ml'].map((file) => pattern?.test(file))).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
