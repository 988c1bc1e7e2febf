import { expect, it } from 'vitest';
import { readPlatform, showPlatform } from '../../src/image/platform.ts';

it.each([
  'linux/amd',
  'linux/x86',
  'linux',
  'linux/',
  'linux/amd64/',
  'linus/amd64',
  'amd64/linux',
  'linux/arm64/v8/x',
  '',
])('%j is no platform, and no image is pushed as one', (platform) => {
  expect(() => readPlatform(platform)).toThrow(expect.objectContaining({ code: 'PLATFORM_INVALID' }));
});

it.each([
  ['linux/amd64', 'linux/amd64'],
  ['LINUX/X86_64', 'linux/amd64'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/v6', 'linux/arm/v6'],
  ['linux/riscv64', 'linux/riscv64'],
  ['windows/amd64', 'windows/amd64'],
  ['wasi/wasm', 'wasi/wasm'],
])('%s is %s', (platform, shown) => {
  expect(showPlatform(readPlatform(platform))).toBe(shown);
});
