import { readFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { startApplicationSets } from '../support/cluster/argocd-processes.ts';
import { type KubeObject, pathOf } from '../support/cluster/kube.ts';
import { openPipeline } from '../support/cluster/pipeline.ts';
import { readyImages } from '../support/cluster/pods.ts';
import { createProcesses } from '../support/cluster/processes.ts';
import { isHealthy, openShop } from '../support/cluster/shop.ts';
import { tempDir } from '../support/git-host.ts';

const file = 'previews/7/values.yaml';
const template = 'front:\n  image: registry.test/front\n  imageTag: "{tag}"\n  replicas: 1\n  readyAfter: 200ms\n';

/** The job of a merge request, as GitLab tells it. */
const job = {
  ...{ GITHUB_ACTIONS: '', GITLAB_CI: 'true', CI_COMMIT_REF_NAME: 'topic', CI_PIPELINE_SOURCE: 'merge_request_event' },
  ...{ CI_MERGE_REQUEST_ID: '77', CI_MERGE_REQUEST_IID: '7', CI_MERGE_REQUEST_PROJECT_ID: '1' },
  CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '1',
};

/** The ApplicationSet that the guide has, for another config repo, chart and project. */
async function fromGuide(repo: string): Promise<KubeObject> {
  const guide = await readFile('docs/how-to/previews.md', 'utf8');
  const text = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].find(([, yaml]) => yaml?.includes('ApplicationSet'))?.[1];
  const own = (text ?? '')
    .replaceAll('https://github.com/acme/config.git', repo)
    .replace('project: previews', 'project: default')
    .replace('path: charts/shop', 'path: main');
  return parse(own) as KubeObject;
}

it("a pull request's preview is made by a real ApplicationSet, brought up to date, and gone once it is retired", async () => {
  const shop = await openShop('previews');
  await shop.until(isHealthy);
  const processes = createProcesses(await tempDir());
  onTestFinished(() => processes.close());
  await startApplicationSets(processes, shop.cluster.argocd.parts);
  const set = await fromGuide(shop.repo);
  await shop.kube.apply(set);
  onTestFinished(() => shop.kube.remove(set));
  const { namespace = '' } = shop.object.metadata;
  const application = pathOf({ ...shop.object, metadata: { name: 'preview-7', namespace } });
  // As a webhook of the config repo's host would: by itself it looks every three minutes.
  const isThere = async () => {
    const metadata = { annotations: { 'argocd.argoproj.io/application-set-refresh': 'true' } };
    await shop.kube.call('PATCH', pathOf(set), { metadata }, 'application/merge-patch+json');
    return (await shop.kube.read(application)) !== undefined;
  };
  const looks = { timeout: 240_000, interval: 1_000 };
  const { ship, run } = await openPipeline(shop, {
    files: { 'deploy/preview.yaml': template },
    delivery: {
      from: { pullRequests: true },
      set: undefined,
      write: { 'previews/{pr}/values.yaml': 'deploy/preview.yaml' },
      application: 'preview-{pr}',
    },
  });
  const shown = { ...shop, name: 'preview-7' };
  expect(await isThere()).toBe(false);
  const [first] = await Promise.all([
    ship({ what: 'preview that appears', isFinal: false, env: job }),
    expect.poll(isThere, looks).toBe(true),
  ]);
  expect([first.errors, first.result.code]).toEqual([[], 0]);
  expect(first.verdict).toMatchObject({ is: 'healthy', application: 'preview-7', commit: first.commit });
  expect(await readyImages(shown)).toEqual([`registry.test/front:${first.source}`]);

  const second = await ship({ what: 'preview with another commit', isFinal: false, env: job });
  expect([second.errors, second.verdict?.is]).toEqual([[], 'healthy']);
  expect(await readyImages(shown)).toEqual([`registry.test/front:${second.source}`]);

  const retired = await run(['retire'], { what: 'retired preview', isFinal: false, env: job });
  expect([retired.errors, retired.result.code]).toEqual([[], 0]);
  const ends = retired.result.events.flatMap((one) => (one.type === 'commit.finished' ? [one.outcome] : []));
  expect(ends).toMatchObject([{ is: 'landed', written: [{ file, is: 'removed' }] }]);
  await expect.poll(isThere, looks).toBe(false);
  await expect.poll(() => readyImages(shown), looks).toEqual([]);
});
