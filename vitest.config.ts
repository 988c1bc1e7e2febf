import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a cluster: `npm run test:cluster`.
    exclude: [...configDefaults.exclude, '**/*.cluster.test.ts'],
    setupFiles: ['test/support/starter/start.ts', 'test/support/seeded.ts'],
    // As the CLI starts: the SDK's outlook on Node versions is told to nobody.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // No test replaces a module: files of one worker share what they load, which costs a third of all the time otherwise.
    isolate: false,
    // Real servers and builders share two cores; more workers than cores only makes them wait for each other.
    maxWorkers: 2,
  },
});
