import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { plan } from '../../../../src/entry/commands/plan.ts';
import { ship } from '../../../../src/entry/commands/ship.ts';
import type { CommonOptions } from '../../../../src/entry/run/options.ts';
import type { PlanValue } from '../../../../src/events/json-event.ts';
import { json, serveApi } from '../../../../src/sandbox/api.ts';
import { git, gitHost, noHttpBackend, skipNote, tempDir } from '../../../support/git-host.ts';
import { createComments } from '../../../support/github/comments.ts';
import { here } from '../../../support/here.ts';
import { startOwnRegistry } from '../../../support/registries.ts';

const common: CommonOptions = { json: true, quiet: false, color: false, jobs: 1 };
const token = 'planted-job-token';
const hostile = '@everyone ``` </details> <!-- --> [x](http://e) closes #12';

interface Place {
  readonly fork?: boolean;
  readonly actor?: string;
  /** Who may read the config repo without a token. */
  readonly hidden?: boolean;
  readonly refuses?: boolean;
}

/** A job of GitHub's for pull request 7 of acme/shop, in a checkout of its merge. */
async function job({ fork = false, actor = 'ada', hidden = false, refuses = false }: Place = {}) {
  const host = await gitHost();
  const repo = await host.createRepo('acme/config', {
    files: { 'main/values.yaml': 'front:\n  image: none\n' },
    access: { tokens: {}, anonymous: hidden ? 'nothing' : 'read' },
  });
  const registry = await startOwnRegistry({
    fault: () => (hidden ? { is: 'answer', status: 401, body: '{"errors":[{"code":"UNAUTHORIZED"}]}' } : undefined),
  });
  onTestFinished(() => registry.close());
  const comments = createComments(token);
  const api = await serveApi(({ method, ...request }) => {
    if (refuses && method === 'POST' && request.path.endsWith('/comments'))
      return json(403, { message: 'Resource not accessible by integration' });
    const asked = comments.answer({ method, ...request }, request.path.replace(/^\/api(?:\/v3)?/, ''));
    return asked ?? json(404, { message: 'Not Found' });
  });
  onTestFinished(() => api.close());
  const dir = await tempDir();
  const id = ['-c', 'user.name=A', '-c', 'user.email=a@b.c'];
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  await writeFile(
    join(dir, 'tagboat.yaml'),
    `registry: ${registry.host}\nimages:\n  app: {}\ndeliveries:\n  production:\n    repo: ${repo}\n    from: main\n    set: { main/values.yaml: { .front.image: "{tag}" } }\n`,
  );
  await writeFile(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY tagboat.yaml /\n');
  await git(dir, 'add', '.');
  await git(dir, ...id, 'commit', '--quiet', '-m', hostile);
  await git(dir, 'checkout', '--quiet', '--detach');
  const event = join(dir, '.git', 'event.json');
  const head = { ref: 'topic', sha: 'f'.repeat(40), repo: { full_name: fork ? 'eve/shop' : 'acme/shop' } };
  await writeFile(event, JSON.stringify({ pull_request: { number: 7, head }, repository: { default_branch: 'main' } }));
  const env = async () => ({
    ...{ CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge' },
    ...{ GITHUB_SHA: (await git(dir, 'rev-parse', 'HEAD')).trim(), GITHUB_BASE_REF: 'main', GITHUB_ACTOR: actor },
    ...{ GITHUB_SERVER_URL: host.url, GITHUB_REPOSITORY: 'acme/shop', GITHUB_EVENT_PATH: event, GITHUB_TOKEN: token },
    ...{ GITHUB_API_URL: `${api.url}/api/v3`, GITHUB_GRAPHQL_URL: `${api.url}/api/graphql` },
  });
  const run = async (
    options: { readonly comment?: boolean; readonly render?: boolean } = {},
    hangs?: (signal: AbortSignal | undefined) => Promise<never>,
  ) => {
    let value: PlanValue | undefined;
    const body = plan(common, options);
    const result = await here(
      async (session) => {
        const ending = await body(session);
        value = ending.value as unknown as PlanValue;
        return ending;
      },
      {
        ...{ command: 'plan', cwd: dir, env: await env() },
        world: ({ http }) => ({
          http: (request) =>
            hangs !== undefined && String(request.url).includes('/comments') ? hangs(request.signal) : http(request),
        }),
      },
    );
    const codes = result.events.flatMap((one) => (one.type === 'notice' ? [one.code] : []));
    return { ...result, value, codes };
  };
  const ships = async () => here(ship(common), { command: 'ship', cwd: dir, env: await env() });
  return { dir, comments, api, host, registry, run, ships };
}

const writes = ({ api }: Awaited<ReturnType<typeof job>>) =>
  api.requests.filter(({ method, path }) => method !== 'GET' && !path.endsWith('/graphql')).map(({ method }) => method);

describe.skipIf(noHttpBackend !== undefined)(`a plan in a job of a pull request${skipNote}`, () => {
  it('is put on it as one comment, which later runs bring up to date and leave where nothing is new', async () => {
    const place = await job();
    const { dir, comments, run } = place;
    const first = await run({ comment: true });
    expect([first.exitCode, first.codes[0], first.codes.at(-1)]).toEqual([0, 'PLANNED_AS_MERGED', 'PLAN_COMMENTED']);
    expect(comments.all).toMatchObject([{ number: 7, login: 'github-actions[bot]' }]);
    const text = comments.all[0]?.body ?? '';
    expect(text).toMatch(/^<!-- tagboat plan [0-9a-f]{12} -->\n### Tagboat plan ✅\n/);
    expect(text).toContain('| app | would be built (assemble) |');
    expect(text).toContain('+  image: ');
    expect(first.value?.deliveries).toMatchObject([{ rendered: [{ folder: 'main', objects: [] }] }]);
    expect(text).toContain("aren't rendered");
    await run({ comment: true });
    expect(writes(place)).toEqual(['POST']);
    await appendFile(join(dir, 'Dockerfile'), 'ENV A=b\n');
    await run({ comment: true });
    expect(writes(place)).toEqual(['POST', 'PATCH']);
    expect(comments.all).toHaveLength(1);
  });

  it('is told not to be there where the host of comments hangs, after the time that all comments have', async () => {
    const { run } = await job();
    const ends: (() => void)[] = [];
    const { setTimeout: own } = globalThis;
    const kept = ((end: () => void, ms?: number, ...more: []) => {
      if (ms === 20_000) ends.push(end);
      return own(end, ms, ...more);
    }) as typeof setTimeout;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(kept);
    onTestFinished(() => void vi.restoreAllMocks());
    // Never an answer; and all that was to happen after twenty seconds happens once it is asked.
    const hangs = (signal: AbortSignal | undefined): Promise<never> =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        for (const end of ends) end();
      });
    expect((await run({ comment: true }, hangs)).codes).toContain('PLAN_NOT_COMMENTED');
  });

  it('leaves the comment to the run of the newest commit, where the pull request has another by now', async () => {
    const { comments, host, run } = await job();
    await host.createRepo('acme/shop', { files: { a: 'b' } });
    await host.git('acme/shop', 'update-ref', 'refs/pull/7/head', 'main');
    const { codes, exitCode, events } = await run({ comment: true });
    expect([exitCode, codes.at(-1), comments.all]).toEqual([0, 'PLAN_NOT_COMMENTED', []]);
    expect(JSON.stringify(events)).toContain('by now');
  });

  it('is replaced by why there is none, where the config can no longer be read', async () => {
    const place = await job();
    const { dir, comments, run } = place;
    await run({ comment: true });
    const { body: planned = '', id } = comments.all[0] ?? {};
    const path = join(dir, 'tagboat.yaml');
    const sound = await readFile(path, 'utf8');
    const wrong = [
      [`${sound}    imagse: {}\n`, 'CONFIG_KEY_UNKNOWN'],
      [sound.replace('{tag}', '{digest.app}{nothing}'), 'CONFIG_VALUE_INVALID'],
      [`${sound}  "@everyone <b>: [\n`, 'CONFIG_YAML_INVALID'],
    ] as const;
    for (const [text, code] of wrong) {
      await writeFile(path, text);
      const refused = await run({ comment: true });
      expect(refused.errors).toMatchObject([{ code }]);
      const [told] = comments.all;
      expect(told).toMatchObject({ id, login: 'github-actions[bot]' });
      expect(told?.body.split('\n')[0]).toBe(planned.split('\n')[0]);
      expect(told?.body).toMatch(
        new RegExp(`### Tagboat plan ❌[^]*The plan could not be made[^]*#${code.toLowerCase()}`),
      );
      // In its place the line stands as it is, as code.
      expect(told?.body.replace(/^```\n.*?^```$/gms, '')).not.toMatch(/would be built|@everyone|<b>/);
    }
    expect(writes(place)).toEqual(['POST', 'PATCH', 'PATCH', 'PATCH']);
    // Not where nobody asked for it.
    expect((await run()).errors).toHaveLength(1);
    await writeFile(path, sound);
    await run({ comment: true });
    expect(comments.all).toMatchObject([{ id, body: planned }]);
  });

  it('says nothing of a config that can not be read where the pull request has a newer commit by now', async () => {
    const { dir, comments, host, run } = await job();
    await host.createRepo('acme/shop', { files: { a: 'b' } });
    await host.git('acme/shop', 'update-ref', 'refs/pull/7/head', 'main');
    await writeFile(join(dir, 'tagboat.yaml'), 'deliveries: [\n');
    const { codes, errors } = await run({ comment: true });
    expect([errors.length, codes.at(-1), comments.all]).toEqual([1, 'PLAN_NOT_COMMENTED', []]);
  });

  it('has what others wrote as text: no mention, no reference, no link, no HTML of theirs', async () => {
    const { comments, run } = await job();
    await run({ comment: true });
    const [, told = ''] = (comments.all[0]?.body ?? '').split('\n\n');
    expect(told).not.toMatch(/@everyone|#12|```|<\/details>|\]\(http:\/\/e|<!--/);
    expect(told).toContain('closes');
  });

  it('says nothing there unless it is asked to', async () => {
    const { comments, api, run } = await job();
    expect((await run()).exitCode).toBe(0);
    expect([comments.all, api.requests]).toEqual([[], []]);
  });

  it('leaves the manifests alone where it is asked to', async () => {
    const { run } = await job();
    expect((await run({ render: false })).value?.deliveries).not.toMatchObject([{ rendered: expect.anything() }]);
  });

  it("ends well where it may write no comment, with the host's words and what to add", async () => {
    const { comments, run } = await job({ refuses: true });
    const { exitCode, events, value } = await run({ comment: true });
    expect([exitCode, comments.all, value?.deliveries.length]).toEqual([0, [], 1]);
    const said = events.find((one) => one.type === 'notice' && one.code === 'PLAN_NOT_COMMENTED');
    expect(said).toMatchObject({
      level: 'warning',
      message: expect.stringMatching(/Resource not accessible by integration.*pull-requests: write/),
    });
  });

  it.each([
    ['of a fork', { fork: true }],
    ['of Dependabot', { actor: 'dependabot[bot]' }],
  ])('without secrets (%s) says what would be built, and what could not be asked', async (_, place) => {
    const { comments, run } = await job({ ...place, hidden: true });
    const { exitCode, errors, value, codes } = await run({ comment: true });
    expect([exitCode, errors, value?.deliveries]).toEqual([0, [], []]);
    expect(value?.images).toMatchObject([{ name: 'app', is: 'skipped', unknown: true }]);
    expect(value?.notes?.join('\n')).toMatch(/Not known here: .*(?:config|acme).*/);
    expect(codes).toContain('NOT_KNOWN_HERE');
    const commented = 'fork' in place ? 'PLAN_NOT_COMMENTED' : 'PLAN_COMMENTED';
    expect(codes).toContain(commented);
    expect(comments.all).toHaveLength('fork' in place ? 0 : 1);
  });

  it('of a fork whose registry answers everybody says what would be reused', async () => {
    const { run } = await job({ fork: true });
    const { exitCode, value } = await run();
    expect([exitCode, value?.images]).toMatchObject([0, [{ is: 'built', name: 'app' }]]);
    expect(value?.deliveries).toHaveLength(1);
  });

  it('with secrets is refused what is missing, as ship would be', async () => {
    const { run } = await job({ hidden: true });
    expect((await run()).errors.map(({ code }) => code)).toContain('GIT_AUTH_REFUSED');
  });

  it('is no run that ships: ship is refused, and pushes nothing', async () => {
    const { ships, registry, host } = await job();
    expect((await ships()).errors).toMatchObject([{ code: 'PULL_REQUEST_NOT_TAKEN', exitCode: 2 }]);
    expect([registry.requests, host.requests]).toEqual([[], []]);
  });
});
