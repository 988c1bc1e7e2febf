/** Whether these are the long proofs: `npm run test:slow` says so. */
const long = process.env.TAGBOAT_LONG === '1';
const asked = process.env.TAGBOAT_SEED;

/**
 * How many inputs a property is tried on: all of them in `npm run test:slow`, which runs every property once more
 * (test/properties.slow.test.ts), and a fifth in `npm test`.
 */
export function runs(all: number): number {
  return long ? all : Math.ceil(all / 5);
}

/**
 * So many seeds: always the same ones, so that a gate can't fail by the chance of a seed; those that `TAGBOAT_SEED` lists
 * (`7` or `7,8`); or, with `TAGBOAT_SEED=random`, others every time.
 */
export function seeds(count: number): readonly number[] {
  if (asked === 'random') return Array.from({ length: count }, () => Math.floor(Math.random() * 2 ** 31));
  if (asked !== undefined && asked !== '') return asked.split(',').map(Number);
  // Knuth's multiplicative hash: far apart, whatever the count.
  return Array.from({ length: count }, (_, at) => Math.imul(at + 1, 2_654_435_761) >>> 1);
}
