// Runs vitest and ends with the line that tells how many tests passed, failed and were skipped.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cache, root, say } from './setup.mjs';

/** Ends this process with vitest's judgement. `added` joins the tests' environment. */
export function runVitest(args, added = {}) {
  const report = join(cache, `test-report-${process.pid}.json`);
  mkdirSync(cache, { recursive: true });
  const vitest = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ],
    // Daemons live in sbin, which is not in everybody's PATH.
    { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, ...added } },
  );

  const { files, counts } = read(report);
  for (const file of files) {
    const name = relative(root, file.name);
    const skipped = file.assertionResults.filter((test) => test.status !== 'passed' && test.status !== 'failed');
    for (const test of skipped) say(`skipped: ${name}: ${test.fullName}`);
    if (file.status === 'failed' && file.assertionResults.length === 0) say(`failed: ${name}: ${file.message}`);
  }
  const { passed, failed, skipped } = counts;
  const bad = vitest.status !== 0 || failed > 0 || passed === 0;
  if (bad && failed === 0) say(passed === 0 ? 'No test ran.' : `vitest ended with ${vitest.status}.`);
  close(passed, failed, skipped);
  process.exit(bad ? 1 : 0);
}

/** The line that a run of tests closes with. */
export function close(passed, failed, skipped) {
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
}

/** What vitest wrote down. A file that could not be loaded counts as one failed test: its tests never ran. */
function read(report) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { files: [], counts: { passed: 0, failed: 1, skipped: 0 } };
  } finally {
    rmSync(report, { force: true });
  }
  const unloaded = results.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    files: results.testResults,
    counts: {
      passed: results.numPassedTests,
      failed: results.numFailedTests + unloaded.length,
      skipped: results.numPendingTests + results.numTodoTests,
    },
  };
}
