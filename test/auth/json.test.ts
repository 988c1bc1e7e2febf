import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readJsonText } from '../../src/auth/json.ts';
import { runs } from '../support/runs.ts';

/** Where a text stops being JSON. */
function jsonFault(text: string): number | undefined {
  return readJsonText(text, 'x').faults.find(({ is }) => is !== 'duplicate')?.at;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

it.each([
  ['{"auths": {}}', undefined],
  ['{"a": 1,}', 7],
  ['{"a" 1}', 5],
  ["{'a': 1}", 1],
  ['{"a": tru}', 6],
  ['{"a": 01}', 6],
  ['{"a": "open}', 6],
  ['{"a": [1, 2}', 11],
  ['{"a": 1', 7],
  ['{} {}', 3],
  ['', 0],
  ['   ', 3],
  ['[1 2]', 3],
  ['{"a": "\\x"}', 7],
  [']', 0],
  ['{"a": 1 // why\n}', 8],
])('%j stops being JSON at %j', (text, at) => {
  expect(jsonFault(text)).toBe(at);
});

it('agrees with JSON.parse on any JSON', () => {
  fc.assert(fc.property(fc.json(), (text) => jsonFault(text) === undefined));
});

it('agrees with JSON.parse on JSON with a piece put in, taken out or doubled', () => {
  const piece = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', ' ', '0', '-', 'e', 'true', '\n', '\u0001');
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.nat(3), piece, (text, where, out, into) => {
      const at = where % (text.length + 1);
      const changed = text.slice(0, at) + into + text.slice(at + out);
      expect(jsonFault(changed) === undefined).toBe(parses(changed));
    }),
    { numRuns: runs(2_000) },
  );
});

it('places the fault inside the text', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const at = jsonFault(text);
      return at === undefined ? parses(text) : at >= 0 && at <= text.length;
    }),
  );
});
