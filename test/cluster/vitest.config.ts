import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The tests that need a whole cluster: `npm run test:cluster` builds it, and one serves them all. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    include: ['test/cluster/**/*.cluster.test.ts'],
    globalSetup: ['test/support/cluster/setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    maxWorkers: 2,
  },
});
