// `npm run test:cluster`: the deploy stage against a real Argo CD on a real Kubernetes whose nodes are played by KWOK.
// Everything else goes to vitest: `npm run test:cluster -- -t 'a title'`. TAGBOAT_ARGOCD_VERSION=3.2.11: on that Argo CD.
import { buildIfNeeded } from './build.mjs';
import { clusterPrograms } from './cluster-programs.mjs';
import { checkNode, ensureModules, say } from './setup.mjs';
import { close, runVitest } from './vitest.mjs';

checkNode();
await ensureModules();
const { env, missing } = await clusterPrograms(process.env.TAGBOAT_ARGOCD_VERSION).catch((error) => {
  say(`failed: the cluster's programs: ${error.message}`);
  close(0, 1, 0);
  process.exit(1);
});
if (env === undefined) {
  say(`skipped: the cluster tests need ${missing}.`);
  close(0, 0, 1);
  process.exit(0);
}
await buildIfNeeded();
runVitest(['--config', 'test/cluster/vitest.config.ts', ...process.argv.slice(2)], env);
