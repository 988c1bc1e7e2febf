import { expect, it } from 'vitest';
import { compareReleases } from '../../src/plan/release.ts';

it('orders releases as semver.org does, whatever stands before their numbers', () => {
  const order = [
    ...['v0.9.9', '1.0.0-alpha', 'v1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11'],
    ...['1.0.0-rc.1', 'cart/v1.0.0', 'release-1.0.1', 'v1.2', 'v1.2.3-1', 'v1.2.3', 'v1.10.0', 'v2'],
  ];
  for (const [i, one] of order.entries()) {
    for (const [j, other] of order.entries()) {
      expect(Math.sign(compareReleases(one, other) ?? Number.NaN), `${one} and ${other}`).toBe(Math.sign(i - j));
    }
  }
  expect(compareReleases('v1.2.3', '1.2.3+build.7')).toBe(0);
});

it.each([
  'latest',
  '3f2c1d0',
  '7',
  'none',
  '',
  '1.2.3.4',
  '19ea9ee1a0c590f4d3b2a1908f7e6d5c4b3a2918',
])('takes %s for no release', (text) => {
  expect(compareReleases(text, 'v1.0.0')).toBeUndefined();
});
