import fc from 'fast-check';
import { expect, it } from 'vitest';
import { literally, starPattern } from '../../../src/wire/text/pattern.ts';

it('a text as a part of a pattern is found where it stands, and nothing else is', () => {
  const texts = fc.string({ unit: fc.constantFrom(...'a.*+?^$', ...'{}()|[]\\/-'), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(texts, texts, (text, other) => {
      expect(new RegExp(`^(?:${literally(text)})$`).test(other)).toBe(text === other);
      expect(new RegExp(`^(?:${literally(text)})$`).test(text)).toBe(true);
    }),
  );
});

it.each([
  ['release/*', ['release/1.2'], ['release/1/2', 'release', 'xrelease/1']],
  ['**/values.yaml', ['a/values.yaml', 'a/b/values.yaml'], ['values.yaml', 'a/valuesxyaml']],
  ['v1.0+x', ['v1.0+x'], ['v1.00x', 'v1x0+x']],
])('a pattern with stars, %s, fits as in workflow files', (pattern, fits, others) => {
  for (const text of fits) expect(starPattern(pattern).test(text)).toBe(true);
  for (const text of others) expect(starPattern(pattern).test(text)).toBe(false);
});
