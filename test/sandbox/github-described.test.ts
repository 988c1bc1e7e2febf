import { describe, expect, it, onTestFinished } from 'vitest';
import { appIn, createGitHubApp } from '../../src/auth/git/github-app.ts';
import { createKeeper } from '../../src/auth/keeper.ts';
import { endDeployments, healthyTimes, withDeployment } from '../../src/deploy/act/deployment.ts';
import { checkBranchRules } from '../../src/entry/doctor/branch-rules.ts';
import type { DeliveryPlan, Source } from '../../src/plan.ts';
import { json, serveApi } from '../../src/sandbox/api.ts';
import { keepComment } from '../../src/wire/forge/comments.ts';
import { Secret } from '../../src/wire/secret.ts';
import { land, valuesWith } from '../commit/landing.ts';
import { name, proposing } from '../commit/propose/proposing.ts';
import { noHttpBackend, skipNote } from '../support/git-host.ts';
import { createComments } from '../support/github/comments.ts';
import { startGitHub } from '../support/github/github.ts';
import { differences, type Exchange, questionErrors, recorded } from '../support/github-described.ts';
import { jumpingClock, testWorld } from '../support/world.ts';

const token = 'planted-token';
const quick = (kept: Exchange[], env = {}) => recorded(testWorld({ clock: jumpingClock(), env }), kept);

/** What went either way is as GitHub describes it, and every one of these was asked. */
function isDescribed(kept: readonly Exchange[], asked: readonly string[]) {
  const isGraphql = ({ path }: Exchange) => path === '/graphql';
  const seen = kept.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '').replaceAll(/\d+/g, '1')}`);
  expect([...new Set(seen)].sort()).toEqual([...asked].sort());
  expect(differences(kept.filter((one) => !isGraphql(one)))).toEqual([]);
  expect(kept.filter(isGraphql).flatMap(({ body }) => questionErrors(body))).toEqual([]);
}

describe("what goes to GitHub's API and comes from its stand-in is as GitHub describes it", () => {
  it.skipIf(noHttpBackend !== undefined)(`of pull requests${skipNote}`, async () => {
    const kept: Exchange[] = [];
    const asked = { labels: ['deploy'], reviewers: ['ada', 'acme/platform'] };
    const open = await proposing();
    await land(open.delivery('b', asked), quick(kept), open.credential);
    await land(open.delivery('c', { title: 'Deliver', body: 'By the app.' }), quick(kept), open.credential);
    await open.host.commit(name, { files: { 'main/values.yaml': valuesWith('c') } });
    await land(open.delivery('c'), quick(kept), open.credential);
    for (const autoMerge of ['merge', 'squash', 'rebase'] as const)
      for (const blocked of [false, true]) {
        const place = await proposing({ blocked });
        await land(place.delivery('b', { autoMerge }), quick(kept), place.credential);
      }
    // Refusals too: of what is there already, and of a merge.
    const twice = await proposing({
      instead: ({ method, path }) => (method === 'GET' && path.endsWith('/pulls') ? json(200, []) : undefined),
    });
    await land(twice.delivery('b'), quick(kept), twice.credential);
    await land(twice.delivery('c'), quick(kept), twice.credential).catch(() => undefined);
    expect(kept.map(({ status }) => status)).toContain(422);
    const pulls = `/repos/${name}/pulls`;
    isDescribed(kept, [
      ...[`GET ${pulls}`, `POST ${pulls}`, `GET ${pulls}/1`, `PATCH ${pulls}/1`, `PUT ${pulls}/1/merge`],
      ...[`GET ${pulls}/1/reviews`, `POST ${pulls}/1/requested_reviewers`, `POST /repos/${name}/issues/1/labels`],
      'POST /graphql',
    ]);
  });

  it('of comments', async () => {
    const kept: Exchange[] = [];
    const comments = createComments(token);
    const api = await serveApi(
      (request) => comments.answer(request, request.path.replace(/^\/api(?:\/v3)?/, '')) ?? json(404, {}),
    );
    onTestFinished(() => api.close());
    const where = {
      ...{ kind: 'github' as const, number: 7, graphql: `${api.url}/api/graphql` },
      access: { api: `${api.url}/api/v3`, token: new Secret(token, 'T'), path: 'acme/shop' },
    };
    const keep = (text: string) => keepComment(quick(kept), where, '<!-- ours -->', text);
    await keep('a');
    comments.all.push({ id: 9, number: 7, login: 'github-actions[bot]', body: '<!-- ours -->\nb' });
    await keep('c');
    await expect(keep('x'.repeat(70_000))).rejects.toMatchObject({ status: 422 });
    const issues = '/repos/acme/shop/issues';
    isDescribed(kept, [
      ...[`GET ${issues}/1/comments`, `POST ${issues}/1/comments`, `PATCH ${issues}/comments/1`],
      ...[`DELETE ${issues}/comments/1`, 'POST /graphql'],
    ]);
  });

  it('of deployments', async () => {
    const kept: Exchange[] = [];
    const github = await startGitHub({ deployments: token });
    onTestFinished(() => github.close());
    const world = quick(kept, { ...github.env, GITHUB_TOKEN: token });
    const source = { commit: 'a'.repeat(40), runUrl: 'https://ci.test/1' } as Source;
    const preview = { url: 'https://pr-7.example.com', transient: true, production: false, autoInactive: false };
    for (const environment of [{ name: 'production' }, { name: 'preview-7', ...preview }]) {
      const about = { environment, delivery: 'main', commit: 'c'.repeat(40), source };
      await withDeployment(world, world.emit, about, async () => []);
    }
    const refused = quick(kept, { ...github.env, GITHUB_TOKEN: 'another' });
    await endDeployments(refused, refused.emit, 'preview-7');
    await endDeployments(world, world.emit, 'preview-7');
    expect(await healthyTimes(world, 'production', undefined)).toBeDefined();
    const deployments = '/repos/acme/app-repo/deployments';
    isDescribed(kept, [
      ...[`GET ${deployments}`, `POST ${deployments}`, `GET ${deployments}/1/statuses`],
      `POST ${deployments}/1/statuses`,
    ]);
  });

  it('of the rules of branches', async () => {
    const kept: Exchange[] = [];
    const types = ['pull_request', 'required_signatures', 'update', 'required_status_checks', 'non_fast_forward'];
    const github = await startGitHub({ rules: { ruleset: types, bypass: 'never', classic: { viewerCanPush: true } } });
    onTestFinished(() => github.close());
    const authorization = new Secret(`Basic ${Buffer.from('x-access-token:planted').toString('base64')}`, 'T');
    const graphql = { url: `${github.url}/api/graphql`, authorization };
    const repo = `${github.url}/acme/config.git`;
    const plan = { name: 'main', branch: 'main', edits: [], via: 'git', repo } as unknown as DeliveryPlan;
    expect(await checkBranchRules(quick(kept), plan, { authorization, label: 'T', graphql })).toHaveLength(1);
    isDescribed(kept, [
      ...['GET /repos/acme/config/rules/branches/main', 'GET /repos/acme/config/rulesets/1', 'POST /graphql'],
    ]);
  });

  it('of Apps and their tokens', async () => {
    const kept: Exchange[] = [];
    const clock = jumpingClock();
    const app = { installedOn: ['acme/config'], permissions: { contents: 'write', pull_requests: 'write' } as const };
    const github = await startGitHub({ app, clock });
    onTestFinished(() => github.close());
    const world = recorded(testWorld({ clock, env: github.appEnv }), kept);
    const keeper = createKeeper(world.mask);
    const identity = appIn(world, keeper);
    const ours = identity === undefined ? expect.unreachable() : createGitHubApp(world, keeper, identity);
    await ours.token({ api: github.apiUrl, owner: 'acme', name: 'config' });
    const elsewhere = ours.token({ api: github.apiUrl, owner: 'acme', name: 'other' });
    await expect(elsewhere).rejects.toMatchObject({ code: 'GITHUB_APP_NOT_INSTALLED' });
    expect(await ours.revoke()).toEqual([]);
    isDescribed(kept, [
      ...['GET /app', 'GET /repos/acme/config/installation', 'GET /repos/acme/other/installation'],
      ...['POST /app/installations/1/access_tokens', 'DELETE /installation/token'],
    ]);
  });
});

it('an exchange that differs from the description is told, whatever is wrong with it', () => {
  const good = { method: 'POST', path: '/repos/a/b/pulls', body: '{"head":"h","base":"b"}', status: 201, answer: '' };
  const told = differences([
    good,
    { ...good, path: '/repos/a/b/pullz' },
    { ...good, method: 'PUT' },
    { ...good, body: '{"head":"h"}' },
    { ...good, body: '{"head":"h","base":"b","label":"x"}' },
    { ...good, status: 202 },
    { ...good, answer: '{"number":"1"}' },
    { ...good, answer: '{"head":{"ref":"h","reff":"h"}}' },
    { ...good, status: 422, answer: '{"massage":"no"}' },
    { ...good, method: 'GET', body: '', status: 200, path: '/repos/a/b/pulls?state=opened' },
    { ...good, method: 'GET', body: '', status: 200, path: '/repos/a/b/pulls?limit=50' },
    { ...good, method: 'GET', body: '', status: 200, path: '/repos/a/b/pulls/first' },
  ]);
  expect([...new Set(told.map((one) => one.split(': ').slice(0, 2).join(': ')))]).toEqual([
    'POST /repos/a/b/pullz: no such path',
    ...['path', 'body', 'status'].map((what) => `PUT /repos/a/b/pulls: ${what}`),
    ...['body', 'status', '201', '422'].map((what) => `POST /repos/a/b/pulls: ${what}`),
    'GET /repos/a/b/pulls: query',
    'GET /repos/a/b/pulls/first: path',
  ]);
  expect(questionErrors('{"query":"{ viewer { logins } }"}')).toHaveLength(1);
});
