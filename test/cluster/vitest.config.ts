import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The tests that need a whole cluster: `npm run test:cluster` builds it, and one serves them all. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    include: ['test/cluster/**/*.cluster.test.ts'],
    globalSetup: ['test/support/cluster/setup.ts'],
    // They end what hangs, and nothing that is merely slow.
    testTimeout: 900_000,
    hookTimeout: 300_000,
    teardownTimeout: 300_000,
    maxWorkers: 2,
  },
});
