import { expect, it } from 'vitest';
import { whyNoPlatform } from '../../src/config/shape/platform.ts';

it.each([
  'linux/amd64',
  'linux/arm64/v8',
  'linux/arm/v7',
  'linux/386',
  'linux/amd64/v3',
  'windows/amd64',
  'linux/s390x',
  'wasip1/wasm',
])('%s is a platform', (text) => expect(whyNoPlatform(text)).toBeUndefined());

const wrong: [string, string | undefined][] = [
  ['linux/amd', 'linux/amd64'],
  ['linux/x86_64', 'linux/amd64'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/armhf', 'linux/arm/v7'],
  ['linus/arm64', 'linux/arm64'],
  ['amd64', 'linux/amd64'],
  ['arm46', 'linux/arm64'],
  ['linux/amd64/v8', 'linux/amd64'],
  ['linux/arm64/v8/x', 'linux/arm64'],
  ['windows/s390x', undefined],
  ['windows/x64', 'windows/amd64'],
  ['wasi/wsm', 'wasi/wasm'],
  ['linux/', undefined],
  ['', undefined],
  ['a/b', undefined],
];
it.each(wrong)('%j is none, and what was meant is %s', (text, meant) => {
  const why = whyNoPlatform(text);
  expect(/did you mean (.*)\?/.exec(why ?? '')?.[1]).toBe(meant);
  expect(why).toBeDefined();
});
