import { Gitlab } from '@gitbeaker/rest';
import { describe, expect, it } from 'vitest';
import { checkBranchRules } from '../../src/entry/doctor/branch-rules.ts';
import { keepComment } from '../../src/wire/forge/comments.ts';
import { mergedPull } from '../../src/wire/forge/merged.ts';
import { Secret } from '../../src/wire/secret.ts';
import { chart, land, tipOf, valuesWith } from '../commit/landing.ts';
import { gitlab } from '../commit/propose/gitlab.ts';
import { name } from '../commit/propose/proposing.ts';
import { noHttpBackend, skipNote } from '../support/git-host.ts';
import { type Exchange, recorded } from '../support/github-described.ts';
import { gitlabDifferences, routeOf } from '../support/gitlab-described.ts';
import { jumpingClock, testWorld } from '../support/world.ts';

const token = 'planted-token';

/** Everything that we ask of GitLab, refusals too. */
async function ours(): Promise<Exchange[]> {
  const kept: Exchange[] = [];
  const quick = (env = {}) => recorded(testWorld({ clock: jumpingClock(), env }), kept);
  const open = await gitlab();
  const { host, credential, delivery, at, url } = open;
  await land(delivery('b', { labels: ['deploy'], reviewers: ['ada'] }), quick(), credential);
  await land(delivery('c', { title: 'Deliver', body: 'By the app.' }), quick(), credential);
  const access = { api: `${at}/api/v4`, token: new Secret(token, 'T'), path: name };
  const where = { kind: 'gitlab' as const, access, graphql: undefined, number: 1 };
  for (const text of ['a', 'b']) await keepComment(quick(), where, '<!-- ours -->', text);
  open.project.notes.push({ id: 9, iid: '1', body: '<!-- ours -->\nb' });
  await keepComment(quick(), where, '<!-- ours -->', 'c');
  await host.commit(name, { files: { 'main/values.yaml': valuesWith('c') } });
  await land(delivery('c'), quick(), credential);
  for (const [autoMerge, way] of [
    ['merge', 'merge'],
    ['squash', 'merge'],
    ['rebase', 'ff'],
    ['merge', 'ff'],
  ] as const) {
    const place = await gitlab(way);
    await land(place.delivery('b', { autoMerge }), quick(), place.credential).catch(() => undefined);
    const merged = { kind: 'gitlab' as const, access: { ...access, api: `${place.at}/api/v4` } };
    const found = await mergedPull(quick(), merged, await tipOf(place.host, name), 'main');
    expect(found).toEqual(
      autoMerge === 'merge' && way === 'ff' ? undefined : { number: 1, at: '2026-01-02T03:04:05.678Z' },
    );
  }
  const rules = { ...delivery('b'), via: 'git' as const, repo: url.replace(host.url, at) };
  const job = { GITLAB_CI: 'true', CI_SERVER_URL: at };
  expect(await checkBranchRules(quick(job), rules, credential)).toHaveLength(1);
  return kept;
}

describe.skipIf(noHttpBackend !== undefined)(`GitLab's API${skipNote}`, () => {
  it("is asked, and its stand-in answers, as GitLab's client for TypeScript asks and takes it", async () => {
    const kept = await ours();
    expect(gitlabDifferences(kept)).toEqual([]);
    const project = '/projects/{project}';
    const requests = `${project}/merge_requests`;
    expect([...new Set(kept.map(routeOf))].sort()).toEqual(
      [
        ...['GET /user', 'GET /users', `GET ${project}`, `GET ${requests}`, `POST ${requests}`, `GET ${requests}/1`],
        ...[`PUT ${requests}/1`, `PUT ${requests}/1/merge`, `GET ${requests}/1/notes`, `POST ${requests}/1/notes`],
        ...[`PUT ${requests}/1/notes/1`, `DELETE ${requests}/1/notes/1`],
        ...[`GET ${project}/repository/branches/main`, `GET ${project}/repository/commits/{commit}/merge_requests`],
      ].sort(),
    );
  });

  it("is played so that GitLab's own client gets along with it, by every route that we ask", async () => {
    const { host, at, project, api } = await gitlab();
    const client = new Gitlab({ host: at, oauthToken: token });
    const propose = (branch: string) =>
      host.commit(name, { branch, files: { ...chart, 'main/values.yaml': valuesWith(branch) } });
    await host.git(name, 'branch', 'topic', 'main');
    const head = await propose('topic');
    const made = await client.MergeRequests.create(name, 'topic', 'main', 'Deliver', { description: 'It.' });
    expect(made).toMatchObject({ iid: 1, state: 'opened', sha: head, title: 'Deliver', description: 'It.' });
    await expect(client.MergeRequests.create(name, 'topic', 'main', 'Twice')).rejects.toThrow(/already exists/);
    const [ada] = await client.Users.all({ username: 'ada' });
    const asked = { title: 'Other', addLabels: 'deploy', reviewerIds: [ada?.id ?? 0] };
    expect(await client.MergeRequests.edit(name, 1, asked)).toMatchObject({
      ...{ title: 'Other', labels: ['deploy'], reviewers: [{ username: 'ada' }] },
    });
    const found = await client.MergeRequests.all({ projectId: name, sourceBranch: 'topic', state: 'opened' });
    expect(found.map(({ iid }) => iid)).toEqual([1]);
    const note = await client.MergeRequestNotes.create(name, 1, 'Hello');
    expect(await client.MergeRequestNotes.edit(name, 1, note.id, { body: 'Hello again' })).toMatchObject({
      id: note.id,
    });
    expect((await client.MergeRequestNotes.all(name, 1)).map(({ body }) => body)).toEqual(['Hello again']);
    await client.MergeRequestNotes.remove(name, 1, note.id);
    expect(project.notes).toEqual([]);
    await expect(client.MergeRequests.accept(name, 1, { sha: 'f'.repeat(40) })).rejects.toThrow(/SHA does not match/);
    const merged = await client.MergeRequests.accept(name, 1, { sha: head, squash: true, autoMerge: true });
    expect(merged).toMatchObject({ state: 'merged', squash_commit_sha: await tipOf(host, name) });
    expect(await client.MergeRequests.show(name, 1)).toMatchObject({ state: 'merged', has_conflicts: false });
    const brought = await client.Commits.allMergeRequests(name, await tipOf(host, name));
    expect(brought.map(({ iid }) => iid)).toEqual([1]);
    expect(await client.Branches.show(name, 'main')).toMatchObject({ name: 'main' });
    expect(await client.Projects.show(name)).toMatchObject({ merge_method: 'merge' });
    expect(await client.Users.showCurrentUser()).toMatchObject({ username: 'bot' });
    const theirs = new Set(
      api.requests.map(({ method, path }) => routeOf({ method, path: path.slice('/api/v4'.length) })),
    );
    expect((await ours()).map(routeOf).filter((route) => !theirs.has(route))).toEqual([]);
  });
});

it('an exchange that differs is told, whatever is wrong with it', () => {
  const requests = '/projects/acme%2Fconfig/merge_requests';
  const body = '{"source_branch":"h","target_branch":"b","title":"t"}';
  const good = { method: 'POST', path: requests, body, status: 201, answer: '{"iid":1,"state":"opened"}' };
  const told = gitlabDifferences([
    good,
    { ...good, path: `${requests}s` },
    { ...good, method: 'PATCH' },
    { ...good, body: '{"source_branch":"h","target_branch":"b"}' },
    { ...good, body: body.replace('}', ',"reviewers":[1]}') },
    { ...good, answer: '{"iid":"1"}' },
    { ...good, answer: '{"author":{"login":"bot"}}' },
    { ...good, status: 409, answer: '{"massage":"no"}' },
    { ...good, method: 'GET', body: '', status: 200, answer: '[]', path: `${requests}?state=open` },
    { ...good, method: 'GET', body: '', status: 200, answer: '[]', path: `${requests}?head=h` },
    { ...good, method: 'PUT', path: `${requests}/1/merge`, body: '{"merge_method":"ff"}' },
  ]);
  const where = (path: string) => path.replace('/projects/acme%2Fconfig/', '');
  expect(told.map((one) => where(one.split(': ').slice(0, 2).join(': ')))).toEqual([
    'POST merge_requestss: no such route',
    'PATCH merge_requests: no such route',
    ...['body', 'body', '201', '201', '409'].map((what) => `POST merge_requests: ${what}`),
    ...['query', 'query'].map((what) => `GET merge_requests: ${what}`),
    'PUT merge_requests/1/merge: body',
  ]);
});
