import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { serveApi } from '../../src/sandbox/api.ts';
import { tipOf } from '../commit/landing.ts';
import { mergeOn } from '../commit/propose/proposing.ts';
import { openPipeline } from '../support/cluster/pipeline.ts';
import { readyImages } from '../support/cluster/pods.ts';
import { isHealthy, openShop } from '../support/cluster/shop.ts';
import { git } from '../support/git-host.ts';
import { createPulls, type Pulls } from '../support/github/pulls.ts';

const token = 'planted-token';

/** Ships a new tag by pull request and waits for its merge. `then` is done once the run has seen it open. */
async function propose(name: string, then: (pulls: Pulls) => unknown, isFinal?: false) {
  const repository = `acme/${name}`;
  const shop = await openShop(name, { repo: repository });
  await shop.until(isHealthy);
  const repoDir = (repo: string) => join(shop.cluster.git.dir, `${repo}.git`);
  const host = { repoDir, git: (repo: string, ...args: string[]) => git(repoDir(repo), ...args) };
  const tip = (branch: string) => tipOf(host, repository, branch).catch(() => undefined);
  const merge = (base: string, head: string, how: string) => mergeOn(host, base, head, how, repository);
  const pulls = createPulls({ repository, token, branches: { tip, merge } });
  let looks = 0;
  const api = await serveApi(async (request) => {
    const path = request.path.replace(/^\/api\/v3/, '');
    const answer = (await pulls.answer(request, path)) ?? { status: 404, body: '{}' };
    if (request.method === 'GET' && /\/pulls\/\d+$/.test(path) && ++looks === 1) await then(pulls);
    return answer;
  });
  onTestFinished(() => api.close());
  const { ship } = await openPipeline(shop, { delivery: { via: 'pullRequest', pullRequest: { host: 'github' } } });
  const env = {
    ...{ GITHUB_SERVER_URL: shop.cluster.git.url, GITHUB_API_URL: `${api.url}/api/v3` },
    TAGBOAT_TOKEN: token,
  };
  const what = `pull request that is ${name}`;
  const before = await tip('main');
  const shipped = await ship({
    what,
    args: ['--wait-merge', '5m'],
    env,
    ...(isFinal === undefined ? {} : { isFinal }),
  });
  const outcomes = shipped.result.events.flatMap((one) => (one.type === 'commit.finished' ? [one.outcome.is] : []));
  return { shop, pulls, before, tip, outcomes, ...shipped };
}

it('a proposal that somebody squashes while the run waits is healthy by the commit of the merge', async () => {
  const { shop, pulls, before, tip, outcomes, ...shipped } = await propose('squashed', (all) => all.merge(1, 'squash'));
  const { result, verdict, source } = shipped;
  const merged = await tip('main');
  expect(pulls.all).toMatchObject([{ state: 'closed', merged }]);
  expect(outcomes).toEqual(['proposed', 'landed']);
  expect(await git(join(shop.cluster.git.dir, 'acme/squashed.git'), 'rev-parse', 'main^1')).toBe(`${before}\n`);
  expect(verdict).toMatchObject({ is: 'healthy', application: 'squashed', commit: merged, revision: merged });
  // The commit that was proposed never comes to the branch that Argo CD follows.
  expect(await tip('tagboat/main')).not.toBe(merged);
  expect([result.code, shipped.errors]).toEqual([0, []]);
  expect(await readyImages(shop)).toEqual([`registry.test/front:${source}`]);
});

it('a proposal that somebody closes while the run waits fails it, and nothing is deployed', async () => {
  const close = ({ all: [pull] }: Pulls) => Object.assign(pull ?? {}, { state: 'closed' });
  const { shop, before, tip, outcomes, result, verdict, errors } = await propose('closed-unmerged', close, false);
  expect(outcomes).toEqual(['proposed']);
  expect([result.code, errors, verdict]).toEqual([6, ['PULL_REQUEST_CLOSED'], undefined]);
  expect(await tip('main')).toBe(before);
  expect(await readyImages(shop)).toEqual(['registry.test/front:v1']);
});
