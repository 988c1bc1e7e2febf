import fc from 'fast-check';
import picocolors from 'picocolors';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { createLive } from '../../../src/entry/show/live.ts';
import { duration, printable } from '../../../src/entry/show/printable.ts';

const at = '2026-01-01T00:00:00.000Z';

describe('what is going on', () => {
  it('never is wider than the terminal nor taller than its room, whatever a build prints', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 12 }),
        (lines, columns, rows) => {
          const live = createLive(picocolors.createColors(false));
          for (const [n, line] of lines.entries()) {
            live.tell({ type: 'image.started', image: `i${n}`, engine: 'buildx', why: '', at }, 0);
            live.tell({ type: 'image.log', image: `i${n}`, line, at }, 0);
          }
          const shown = live.lines(1_000, { columns, rows });
          expect(shown.length).toBeLessThanOrEqual(Math.max(1, rows - 2));
          for (const line of shown) expect(stringWidth(line)).toBeLessThan(Math.max(columns, 2));
        },
      ),
    );
  });

  it('holds an image from its start to its end, with the time since', () => {
    const live = createLive(picocolors.createColors(false));
    const size = { columns: 80, rows: 24 };
    live.tell({ type: 'image.started', image: 'app', engine: 'assemble', why: '', at }, 0);
    expect(live.lines(2_500, size)).toEqual(['⠴ app         assembling 2.5 s']);
    live.tell({ type: 'image.log', image: 'app', line: 'a line', at }, 0);
    expect(live.lines(2_500, size)).toEqual(['⠴ app         assembling 2.5 s  a line']);
    // Where steps are told, they are what is going on, whatever the log says between.
    live.tell({ type: 'image.progress', image: 'app', done: 3, total: 7, step: '[2/5] RUN make', at }, 0);
    live.tell({ type: 'image.log', image: 'app', line: '#5 cc', at }, 0);
    expect(live.lines(2_500, size)).toEqual(['⠴ app         assembling 2.5 s  3/7  [2/5] RUN make']);
    live.tell({ type: 'result', command: 'ship', exitCode: 0, seconds: 1, errors: [], value: null, at }, 0);
    expect(live.lines(2_500, size)).toEqual([]);
  });
});

describe('text from elsewhere', () => {
  it('has no control character left, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the point.
        expect(printable(text)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
  });

  it('loses whole escape sequences, not only their first byte', () => {
    expect(printable('\u001b[31mred\u001b[0m \u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\')).toBe('red link');
  });
});

describe('durations', () => {
  it.each([
    [0.04, '0.0 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.6, '1 min 0 s'],
    [125, '2 min 5 s'],
  ])('%s seconds are %s', (seconds, expected) => expect(duration(seconds)).toBe(expected));
});
