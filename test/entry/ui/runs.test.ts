import { appendFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { followFile, takeLines } from '../../../src/entry/ui/follow-file.ts';
import { readEvent } from '../../../src/entry/ui/run-line.ts';
import { keepRuns, type Runs } from '../../../src/entry/ui/runs.ts';
import type { Event } from '../../../src/events.ts';
import type { World } from '../../../src/wire/world.ts';
import { viewOf } from '../../../web/run-view.ts';
import { tempDir } from '../../support/git-host.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const started = { type: 'run.started', command: 'ship', version: '1.0.0', at: at(0) };
const result = { type: 'result', command: 'ship', exitCode: 0, seconds: 9, errors: [], value: null, at: at(9) };
const lines = (...of: object[]): string => of.map((one) => `${JSON.stringify(one)}\n`).join('');
const kept = (clean = (text: string) => text): Runs => keepRuns(clean);

function read(text: string, runs = kept()): Runs {
  const taking = takeLines(runs, 'f');
  // In pieces that end anywhere.
  for (let from = 0; from < text.length; from += 7) taking.take(text.slice(from, from + 7));
  taking.ended();
  return runs;
}

it('a run is its lines, and one after another is another run', () => {
  const { runs, run } = read(lines(started, result, started)).value();
  expect(runs).toMatchObject([{ ended: true }, { ended: false }]);
  expect(run?.events).toMatchObject([{ type: 'run.started' }]);
});

it.each([
  ['half a line', '{"type":', 'Line 1 is no JSON.'],
  ['a list', '[]', 'Line 1 is no event: it has no type.'],
  ['nothing', 'null', 'Line 1 is no event: it has no type.'],
  [
    'an event of another version',
    '{"type":"image.teleported","at":"2026-01-01T00:00:00Z"}',
    "this version doesn't know",
  ],
  ['the name of a method', '{"type":"toString","at":"2026-01-01T00:00:00Z"}', "this version doesn't know"],
  ['an event without a time', '{"type":"image.log"}', 'Line 1 is a image.log without a time.'],
  [
    'an event of another shape',
    '{"type":"image.finished","at":"2026-01-01T00:00:00Z","image":"a","outcome":null}',
    'whose outcome.is is no string',
  ],
  [
    'a line of more than a megabyte',
    `{"type":"notice","message":"${'x'.repeat(1_100_000)}"}`,
    'longer than a megabyte',
  ],
  ['lists in lists', `${'['.repeat(200_000)}`, 'is no JSON'],
])('what is no event is told with its line: %s', (_, line, sentence) => {
  const { run } = read(`${line}\n${lines(started)}`).value();
  expect(run?.faults).toEqual([expect.stringContaining(sentence)]);
  // What is sound after it is shown.
  expect(run?.events).toMatchObject([{ type: 'run.started' }]);
});

it('a file that was cut off says so, and one without a line feed at its end is whole', () => {
  expect(read(lines(started) + JSON.stringify(result).slice(0, 40)).value().run?.faults).toEqual([
    'It ends within line 2: whoever wrote it was cut off.',
  ]);
  expect(read(lines(started) + JSON.stringify(result)).value().run).toMatchObject({ faults: [], ended: true });
});

it('however much is told, so much is kept, and how it ended in any case', () => {
  const runs = kept();
  const log = { type: 'image.log', image: 'a', line: 'y'.repeat(5_000), at: at(1) } as Event;
  runs.tell(started as Event, 'f');
  for (let nth = 0; nth < 12_000; nth++) runs.tell(log, 'f');
  for (let nth = 0; nth < 100; nth++) runs.fault(`fault ${nth}`, 'f');
  runs.tell(result as Event, 'f');
  const { run } = runs.value();
  expect(run?.events.at(-1)?.type).toBe('result');
  expect(JSON.stringify(run).length).toBeLessThan(18 * 1024 * 1024);
  expect(run?.more.events).toBe(2_000);
  expect(run).toMatchObject({ ended: true, more: { faults: 80 } });
  for (let nth = 0; nth < 20; nth++) runs.tell(started as Event, `run ${nth}`);
  expect(runs.value().runs).toHaveLength(5);
});

it('texts are cleaned and what lies too deep is left out, so that no page ends by it', () => {
  let deep: unknown = 'end';
  for (let nth = 0; nth < 5_000; nth++) deep = { parts: [deep] };
  const runs = keepRuns((text) => text.replaceAll('\u202e', ''));
  runs.tell({ ...started, source: { commit: 'c', subject: '\u202edrawkcab', deep } } as unknown as Event, 'f');
  expect(runs.value().run?.title).toBe('ship: drawkcab');
  expect(JSON.stringify(runs.value()).length).toBeLessThan(2_000);
});

it('a file is followed as it grows, and read anew when it became shorter', async () => {
  const path = join(await tempDir(), 'run.jsonl');
  const text = lines(started);
  await writeFile(path, text.slice(0, 20));
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const runs = kept();
  // The next look is made when the test says so.
  let look: () => void = () => undefined;
  const looks: (() => void)[] = [];
  const waits = () => new Promise<void>((resolve) => looks.push(resolve));
  const sleep = () => {
    looks.shift()?.();
    return new Promise<void>((resolve) => {
      look = resolve;
      stop.signal.addEventListener('abort', () => resolve());
    });
  };
  const first = waits();
  const world = { clock: { now: () => 0, sleep }, signal: stop.signal } as unknown as World;
  const { done } = await followFile(world, path, runs, true);
  await first;
  expect(runs.value().run).toBeUndefined();
  const step = async (change: () => Promise<void>): Promise<void> => {
    await change();
    const next = waits();
    look();
    await next;
  };
  await step(() => appendFile(path, text.slice(20)));
  expect(runs.value().run?.events).toHaveLength(1);
  await step(() => appendFile(path, lines(result)));
  expect(runs.value().run?.ended).toBe(true);
  await step(() => truncate(path, 0));
  expect(runs.value().run?.faults).toEqual(['The file became shorter: it is read anew.']);
  await step(() => appendFile(path, text));
  expect(runs.value().runs).toHaveLength(2);
  stop.abort();
  await done;
});

it('what cannot be opened ends the command', async () => {
  const world = { clock: {}, signal: new AbortController().signal } as unknown as World;
  await expect(followFile(world, '/nonexistent/run.jsonl', kept(), true)).rejects.toMatchObject({ code: 'USAGE' });
  await expect(followFile(world, '/', kept(), true)).rejects.toMatchObject({ code: 'USAGE' });
});

it('what the page makes of a run: lanes, tries, resources, and how each ended', () => {
  const events = [
    started,
    { type: 'image.started', image: 'web', engine: 'buildx', why: 'RUN', at: at(1) },
    { type: 'image.log', image: 'web', line: 'hello', at: at(2) },
    { type: 'image.failed', image: 'web', error: { code: 'BUILD_FAILED', message: 'm' }, log: [], at: at(3) },
    { type: 'commit.beaten', delivery: 'main', attempt: 1, tip: 'f'.repeat(40), waitMs: 3, at: at(4) },
    { type: 'verdict.started', delivery: 'main', application: 'shop', server: 's', commit: 'abcdef012', at: at(5) },
    {
      type: 'verdict.resources',
      delivery: 'main',
      application: 'shop',
      resources: [null, { kind: 'Pod' }],
      more: 2,
      at: at(2),
    },
    // Of a shape that nobody expects.
    {
      type: 'verdict.finished',
      delivery: 'main',
      application: 'shop',
      verdict: { is: 'degraded', why: 'w', reasons: 7 },
      at: at(6),
    },
    { type: 'result', command: 'ship', exitCode: 4, seconds: 9, errors: [null, { code: 'X' }], at: at(7) },
  ].map((one) => readEvent(JSON.stringify(one))) as Event[];
  const view = viewOf(events);
  expect([...view.lanes.keys()]).toEqual(['image web', 'commit main', 'verdict shop']);
  expect(view.lanes.get('image web')).toMatchObject({ is: 'bad', said: 'BUILD_FAILED: m', log: ['hello'] });
  expect(view.lanes.get('commit main')?.marks).toHaveLength(1);
  expect(view.lanes.get('verdict shop')).toMatchObject({
    is: 'bad',
    more: 2,
    resources: [{ kind: 'Pod' }],
    reasons: [],
  });
  expect(view).toMatchObject({ exitCode: 4, odd: 0, errors: [{ code: '' }, { code: 'X' }] });
  // A clock that went back takes no time away.
  expect(view.to - view.from).toBe(7_000);
  // Half of it is a run that is under way.
  expect(viewOf(events.slice(0, 2)).lanes.get('image web')).toMatchObject({ is: 'wait', to: undefined });
});
