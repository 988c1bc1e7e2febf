import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type BuildProgress, readRawJson } from '../../../src/image/engine/rawjson.ts';

function reading() {
  const lines: string[] = [];
  const progress: BuildProgress[] = [];
  const reader = readRawJson({ line: (line) => lines.push(line), progress: (how) => progress.push(how) });
  const send = (...statuses: unknown[]) => {
    for (const status of statuses) reader.line(JSON.stringify(status));
  };
  return { lines, progress, reader, send };
}

const at = (second: number) => `2026-01-01T00:00:0${second}.500000000Z`;
const a = { digest: 'sha256:a', name: '[1/2] COPY f /g' };
const b = { digest: 'sha256:b', name: '[2/2] RUN make', inputs: ['sha256:a'] };
const data = (text: string | Buffer) => Buffer.from(text).toString('base64');

it('a build is told as the plain format tells it, and how far it is', () => {
  const { lines, progress, reader, send } = reading();
  send(
    { vertexes: [a, b] },
    { vertexes: [{ ...a, started: at(1) }] },
    { vertexes: [{ ...a, started: at(1), completed: at(2), cached: true }] },
    { vertexes: [{ ...b, started: at(2) }], statuses: [{ id: 'x', vertex: b.digest, current: 1 }] },
    { logs: [{ vertex: b.digest, stream: 1, data: data('cc -c a.c\ncc -'), timestamp: at(3) }] },
    { logs: [{ vertex: b.digest, stream: 2, data: data('c b.c\n10%\r20%\rdone'), timestamp: at(3) }] },
    { warnings: [{ vertex: b.digest, short: data('it is old'), level: 1 }] },
    { vertexes: [{ ...b, started: at(2), completed: at(4) }] },
  );
  expect(lines).toEqual([
    '#1 [1/2] COPY f /g',
    '#1 CACHED',
    '#2 [2/2] RUN make',
    '#2 cc -c a.c',
    '#2 cc -c b.c',
    '#2 10%',
    '#2 20%',
    'WARNING: it is old',
    '#2 done',
    '#2 DONE 2.0s',
  ]);
  expect(progress).toEqual([
    { done: 0, total: 2, step: a.name },
    { done: 1, total: 2, step: b.name },
  ]);
  expect(reader.failed()).toEqual([]);
});

it('a step that is begun again is told once, and its error all the same', () => {
  const { lines, reader, send } = reading();
  send(
    { vertexes: [{ ...a, started: at(1), completed: at(1) }] },
    { vertexes: [{ ...a, started: at(2) }] },
    { vertexes: [{ ...a, started: at(2), completed: at(3) }] },
    { vertexes: [{ ...a, started: at(4), completed: at(5), error: 'no such file' }] },
  );
  expect(lines).toEqual(['#1 [1/2] COPY f /g', '#1 DONE 0.0s', '#1 ERROR: no such file']);
  expect(reader.failed()).toMatchObject([{ name: a.name, error: 'no such file' }]);
});

it('text between the JSON stays text, letters cut in two are put together, and a cut line is not shown', () => {
  const { lines, reader, send } = reading();
  reader.line('Dockerfile:2');
  reader.line('{"not": "a status"}');
  reader.line('{ FOO=1; }');
  reader.line(`{"logs":[{"data":"${'x'.repeat(10_000)}`);
  reader.line(`${'x'.repeat(10_000)}"}]}`);
  const euro = Buffer.from('5 €\n');
  send(
    { vertexes: [{ ...a, started: at(1) }] },
    { logs: [{ vertex: a.digest, data: data(euro.subarray(0, 3)) }] },
    {
      logs: [
        { vertex: a.digest, data: data(euro.subarray(3)) },
        { vertex: 'sha256:unknown', data: data('x\n') },
      ],
    },
  );
  expect(lines).toEqual(['Dockerfile:2', '{"not": "a status"}', '{ FOO=1; }', '#1 [1/2] COPY f /g', '#1 5 €']);
});

it('whatever it is given, it throws nothing and keeps no more than it may', () => {
  const value = fc.oneof(fc.string(), fc.constant(null), fc.integer(), fc.array(fc.integer()), fc.object());
  const vertex = fc.record(
    { digest: value, name: value, started: value, completed: value, error: value },
    { requiredKeys: [] },
  );
  const log = fc.record({ vertex: value, data: value }, { requiredKeys: [] });
  const status = fc.record({ vertexes: fc.oneof(value, fc.array(vertex)), logs: fc.oneof(value, fc.array(log)) });
  fc.assert(
    fc.property(fc.array(status), (statuses) => {
      const { send } = reading();
      send(...statuses);
    }),
  );
  const { progress, send } = reading();
  for (let n = 0; n < 6_000; n++)
    send({ vertexes: [{ digest: `d${n}`, name: 'n', started: at(1), completed: at(2) }] });
  send({ vertexes: [{ digest: 'd1', name: 'n', started: at(3) }] });
  expect(progress.at(-1)).toMatchObject({ total: 5_000 });
});
