import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isError } from '../../src/errors.ts';
import { formatPath, type PathStep, parsePath, scanPath } from '../../src/plan/path.ts';

it('a path is its steps', () => {
  expect(parsePath('.front.imageTag').steps).toEqual([
    { is: 'key', key: 'front' },
    { is: 'key', key: 'imageTag' },
  ]);
  expect(parsePath('doc[kind=Pod,metadata.name="a]b"].x[0][-1]["a.b"][name=x y,n=]')).toEqual({
    document: {
      is: 'where',
      conditions: [
        { keys: ['kind'], value: 'Pod' },
        { keys: ['metadata', 'name'], value: 'a]b' },
      ],
    },
    steps: [
      { is: 'key', key: 'x' },
      { is: 'index', index: 0 },
      { is: 'index', index: -1 },
      { is: 'key', key: 'a.b' },
      {
        is: 'where',
        conditions: [
          { keys: ['name'], value: 'x y' },
          { keys: ['n'], value: '' },
        ],
      },
    ],
  });
});

it('a path inside a longer text ends where it can go no further', () => {
  const text = 'values.yaml:.a[n=x=y]."k=v"=value.with.dots';
  const { path, end } = scanPath(text, 12);
  expect(formatPath(path)).toBe('.a[n="x=y"]."k=v"');
  expect(text.slice(end)).toBe('=value.with.dots');
});

const key = fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => !/\p{Surrogate}/u.test(text));
const where: fc.Arbitrary<PathStep> = fc
  .array(fc.record({ keys: fc.array(key, { minLength: 1, maxLength: 3 }), value: key }), { minLength: 1, maxLength: 3 })
  .map((conditions) => ({ is: 'where', conditions }));
const index: fc.Arbitrary<PathStep> = fc.integer({ min: -99, max: 99 }).map((n) => ({ is: 'index', index: n }));
const step = fc.oneof(
  key.map((one): PathStep => ({ is: 'key', key: one })),
  index,
  where,
);

it('a written path reads as what it was', () => {
  fc.assert(
    fc.property(
      fc.option(fc.oneof(index, where), { nil: undefined }),
      fc.array(step, { minLength: 1, maxLength: 6 }),
      (document, steps) => {
        const path = { document: document?.is === 'key' ? undefined : document, steps };
        expect(parsePath(formatPath(path))).toEqual(path);
      },
    ),
  );
});

it('any other text is refused with the place in it', () => {
  const at = (text: string) => {
    try {
      return formatPath(parsePath(text));
    } catch (error) {
      if (isError(error, 'PATH_SYNTAX_INVALID')) return error.data.column;
      throw error;
    }
  };
  expect([at(''), at('a.b'), at('.a..b'), at('.a b'), at('.a[x]'), at('.a["b'), at('.a[n=x'), at('.a:tag')]).toEqual([
    1, 1, 4, 3, 5, 4, 3, 3,
  ]);
  fc.assert(fc.property(fc.string({ maxLength: 20 }), (text) => void at(text)));
  fc.assert(fc.property(fc.stringMatching(/^[.[\]"'=,\\ad0-]{0,12}$/), (text) => void at(text)));
});
