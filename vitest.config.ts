import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a cluster: `npm run test:cluster`.
    exclude: [...configDefaults.exclude, '**/*.cluster.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // Real servers and builders share two cores; more workers than cores only makes them wait for each other.
    maxWorkers: 2,
  },
});
