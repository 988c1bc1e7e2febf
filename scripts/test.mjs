// `npm test`: sets up what the tests need, builds, and runs them. `--slow` runs the long proofs instead of the rest.
// Everything else goes to vitest: `npm test -- test/commit -t 'a title'`.
import { buildIfNeeded } from './build.mjs';
import { checkNode, ensureModules, ensurePrograms, ensureRealPrograms } from './setup.mjs';
import { tempInMemory } from './temp.mjs';
import { runVitest } from './vitest.mjs';

checkNode();
await ensureModules();
const slow = process.argv.includes('--slow');
ensureRealPrograms();
// In which the long proofs look at the dashboard.
if (slow) ensurePrograms([{ program: 'chromium', package: 'chromium' }]);
await buildIfNeeded();

const passedOn = process.argv.slice(2).filter((argument) => argument !== '--slow');
// The long ones by leaving out the others: vitest runs whatever matches any of its filters, so a path would add to them.
// They run every property on all of its inputs. A limit says only that nothing hangs: beside others, each may take many times as long.
const added = { ...tempInMemory(), ...(slow ? { TAGBOAT_LONG: '1' } : {}) };
const limits = slow ? ['--testTimeout', '900000', '--hookTimeout', '300000'] : [];
runVitest(['--exclude', slow ? '**/!(*.slow).test.ts' : '**/*.slow.test.ts', ...limits, ...passedOn], added);
