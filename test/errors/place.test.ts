import { expect, it } from 'vitest';
import { describePlace, placeAt } from '../../src/errors/place.ts';

it('an offset becomes a line and a column that count from 1, whatever the newlines', () => {
  const text = '\uFEFFab: 1\r\n\r\n  cd: 2\n';
  expect(placeAt('f', text, 1, 'line')).toEqual({ file: 'f', line: 1, column: 1, text: 'ab: 1' });
  expect(placeAt('f', text, text.indexOf('cd'), 'line')).toEqual({ file: 'f', line: 3, column: 3, text: '  cd: 2' });
  expect(placeAt('f', text, text.indexOf('cd'), text.indexOf(': 2'))).toMatchObject({ text: '  cd' });
  expect(placeAt('f', text, text.length, 'nothing')).toEqual({ file: 'f', line: 4, column: 1 });
  expect(placeAt('f', '', 0, 'line')).toEqual({ file: 'f', line: 1, column: 1, text: '' });
});

it('a place is shown with its line and a caret under the column', () => {
  expect(describePlace({ file: 'tagboat.yaml', line: 12, column: 3, text: '  imges:' })).toBe(
    ['tagboat.yaml:12:3', '  12 |   imges:', '         ^'].join('\n'),
  );
  expect(describePlace({ file: '--set', column: 4, text: 'a:.b' })).toBe(['--set', '  a:.b', '     ^'].join('\n'));
});

it('a place without a line or without a text is shown as far as it is known', () => {
  expect(describePlace({ file: 'a.yaml' })).toBe('a.yaml');
  expect(describePlace({ file: 'a.yaml', line: 3 })).toBe('a.yaml:3');
  expect(describePlace({ file: 'a.yaml', line: 3, column: 1 })).toBe('a.yaml:3:1');
});

it('the caret stands right after tabs and wide characters, and escape sequences reach no terminal', () => {
  expect(describePlace({ file: 'f', line: 1, column: 5, text: '\t名前: x' }).split('\n')[2]).toBe('            ^');
  expect(describePlace({ file: 'f', line: 1, column: 1, text: '\u001B[31mred\u0007' })).not.toMatch(/\p{Cc}(?<!\n)/u);
});

it('a very long line is cut around the caret', () => {
  const [, line = '', caret = ''] = describePlace({
    file: 'f',
    line: 1,
    column: 501,
    text: `${'x'.repeat(500)}HERE${'x'.repeat(500)}`,
  }).split('\n');
  expect(line.length).toBeLessThan(120);
  expect(line.slice(caret.indexOf('^'))).toMatch(/^HERE/);
});
