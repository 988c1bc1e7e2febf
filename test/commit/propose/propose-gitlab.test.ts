import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { awaitMerge } from '../../../src/commit/propose/await-merge.ts';
import type { PullRequestPlan } from '../../../src/plan/pull-request.ts';
import type { GitCredential } from '../../../src/plan.ts';
import { serveApi } from '../../../src/sandbox/api.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import { chart, deliveryTo, fileAt, land, quickWorld, setTag, tipOf, tokenCredential, valuesWith } from '../landing.ts';
import { gitlabApi } from './gitlab.ts';
import { conflictOn, mergeOn, name } from './proposing.ts';

/** One origin for git and for the API, as GitLab is: what isn't the API's goes on to the git host. */
async function gitlab(way?: string, folder = '') {
  const host = await gitHost();
  const url = await host.createRepo(name, { files: chart });
  const tip = (branch: string) => tipOf(host, name, branch).catch(() => undefined);
  const merge = (base: string, head: string, how: string) => mergeOn(host, base, head, how);
  const conflict = (base: string, head: string) => conflictOn(host, base, head);
  const project = gitlabApi(name, 'planted-token', { tip, merge, conflict }, way);
  const api = await serveApi(project.answer);
  const front = createServer((request, response) => {
    // GitLab may lie in a folder of its host.
    const path = request.url?.slice(folder.length) ?? '';
    const to = path.startsWith('/api/') ? api.url : host.url;
    const headers = Object.entries(request.headers).filter(
      ([key]) => !['host', 'connection', 'transfer-encoding'].includes(key),
    );
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', async () => {
      const { method = 'GET' } = request;
      const body = chunks.length === 0 ? {} : { body: new Uint8Array(Buffer.concat(chunks)) };
      const answer = await fetch(`${to}${path}`, { method, headers: headers as [string, string][], ...body });
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    front.closeAllConnections();
    await new Promise((resolve) => front.close(resolve));
    await api.close();
  });
  const address = front.address();
  const at = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const credential: GitCredential = { ...tokenCredential('planted-token'), token: new Secret('planted-token', 'T') };
  const delivery = (tag: string, asked: PullRequestPlan = {}) => ({
    ...deliveryTo(url.replace(host.url, `${at}${folder}`), setTag(tag)),
    ...{ via: 'pullRequest' as const, pullRequest: { host: 'gitlab' as const, ...asked } },
  });
  return { host, project, credential, delivery, at };
}

describe.skipIf(noHttpBackend !== undefined)(`a delivery by merge request${skipNote}`, () => {
  it('is made once and kept up to date, with labels and reviewers beside those of others', async () => {
    const { host, project, credential, delivery } = await gitlab();
    await land(delivery('b', { labels: ['deploy'], reviewers: ['ada'] }), quickWorld(), credential);
    Object.assign(project.all[0] ?? {}, { reviewers: [{ id: 8, username: 'bob' }], labels: ['urgent'] });
    const asked = { labels: ['deploy'], reviewers: ['ada'] };
    expect(await land(delivery('c', asked), quickWorld(), credential)).toMatchObject({
      is: 'proposed',
      did: 'updated',
    });
    expect(project.all).toMatchObject([{ state: 'opened', target_branch: 'main', labels: ['urgent', 'deploy'] }]);
    expect(project.all[0]?.reviewers.map(({ username }) => username)).toEqual(['ada', 'bob']);
    expect(await fileAt(host, name, 'main/values.yaml', 'tagboat/production')).toBe(valuesWith('c'));
    await host.commit(name, { files: { 'main/values.yaml': valuesWith('c') } });
    expect(await land(delivery('c', asked), quickWorld(), credential)).toMatchObject({ is: 'unchanged' });
    expect(project.all).toMatchObject([{ state: 'closed' }]);
  });

  it('is made where GitLab lies in a folder of its host, as its job tells', async () => {
    const { project, credential, delivery, at } = await gitlab(undefined, '/gitlab');
    const world = testWorld({ clock: jumpingClock(), env: { GITLAB_CI: 'true', CI_SERVER_URL: `${at}/gitlab` } });
    expect(await land(delivery('b'), world, credential)).toMatchObject({ is: 'proposed' });
    expect(project.all).toMatchObject([{ state: 'opened', target_branch: 'main' }]);
  });

  it.each([
    ['merge', 'merge'],
    ['squash', 'merge'],
    ['rebase', 'ff'],
  ] as const)('is merged by the project where that is asked for (%s)', async (autoMerge, way) => {
    const { host, credential, delivery } = await gitlab(way);
    const outcome = await land(delivery('b', { autoMerge }), quickWorld(), credential);
    expect(outcome).toMatchObject({ is: 'landed', commit: await tipOf(host, name) });
  });

  it('is refused a merge that the project makes otherwise, a group for a reviewer, and a user that there is not', async () => {
    const { credential, delivery } = await gitlab('ff');
    for (const asked of [{ autoMerge: 'merge' as const }, { reviewers: ['acme/team'] }, { reviewers: ['eve'] }]) {
      const landing = land(delivery('b', asked), quickWorld(), credential);
      await expect(landing).rejects.toMatchObject({ code: 'PULL_REQUEST_REFUSED' });
    }
  });

  it.each([[true], [false]])('tells the commit of a merge that was waited for (squashed: %s)', async (squash) => {
    const { project, credential, delivery } = await gitlab();
    const world = quickWorld();
    const proposed = await land(delivery('b'), world, credential);
    if (proposed.is !== 'proposed') return expect.unreachable(proposed.is);
    const [request] = project.all;
    const commit = request && (await project.merge(request, squash));
    const landed = await awaitMerge(world, world.emit, delivery('b'), credential, { proposed, waitMs: 60_000 });
    expect(landed).toMatchObject({ is: 'landed', commit });
  });

  it('is told once to conflict with its base while its merge is waited for', async () => {
    const { host, credential, delivery } = await gitlab();
    const world = quickWorld();
    const proposed = await land(delivery('b'), world, credential);
    if (proposed.is !== 'proposed') return expect.unreachable(proposed.is);
    await host.commit(name, { files: { 'main/values.yaml': valuesWith('z') } });
    const waiting = awaitMerge(world, world.emit, delivery('b'), credential, { proposed, waitMs: 60_000 });
    await expect(waiting).rejects.toMatchObject({ code: 'MERGE_TIMED_OUT', data: { conflicts: true } });
    expect(world.events).toMatchObject([{ code: 'MERGE_AWAITED' }, { code: 'MERGE_CONFLICTS', level: 'warning' }]);
  });
});
