import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // Real servers and builders share two cores; more workers than cores only makes them wait for each other.
    maxWorkers: 2,
  },
});
