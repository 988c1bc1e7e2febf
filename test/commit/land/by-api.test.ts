import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { previewDelivery } from '../../../src/commit/land/preview.ts';
import type { Lineage } from '../../../src/commit/order/lineage.ts';
import { promote } from '../../../src/entry/commands/promote/promote.ts';
import { rollback } from '../../../src/entry/commands/rollback.ts';
import type { Happening } from '../../../src/events.ts';
import type { DeliveryPlan } from '../../../src/plan.ts';
import { type ApiRequest, json } from '../../../src/sandbox/api.ts';
import { noHttpBackend, skipNote } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import { appFiles, appRepo, common, outcomes } from '../any-host.ts';
import {
  chart,
  deliveryTo,
  fileAt,
  isSound,
  land,
  landed,
  noticesIn,
  pushesIn,
  quickWorld,
  setTag,
  tipOf,
  tokenCredential,
  values,
  valuesWith,
} from '../landing.ts';
import { github, name, token } from '../on-github.ts';

const isQuery = ({ body }: ApiRequest): boolean => JSON.parse(body.toString()).query.startsWith('query');
const commit = 'c'.repeat(40);

/** Our commit, to which all others are what is said. */
const lineage = (is: 'ancestor' | 'descendant'): Lineage => ({
  commit,
  kinOf: async () => ({ is, why: 'so it is' }),
  wholeId: async () => undefined,
  tell: () => undefined,
});

const realClock = {
  now: () => Date.now(),
  sleep: (ms: number, signal?: AbortSignal) => setTimeout(ms, undefined, signal === undefined ? {} : { signal }),
};

/** Real time, so that writers wait for each other. */
const hurried = () => ({ ...testWorld({ random: Math.random }), clock: { ...jumpingClock(), ...realClock } });

/** A delivery's message as one of Tagboat's, about the front's tag. */
const wrote = (value: string, source: string) =>
  `Set front\n\nTagboat-Set: main/values.yaml:.front.imageTag=${value}\nTagboat-Source: ${source}`;

describe.skipIf(noHttpBackend !== undefined)(`landing that reads by GitHub's API${skipNote}`, () => {
  it('takes two requests, at any depth and whatever else there is, and one where nothing is to be done', async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`apps/team/${n}/prod/values.yaml`, values]));
    const { host, api, credential, delivery } = await github({ files: { ...chart, ...many } });
    const files = ['apps/team/7/prod/values.yaml', 'main/values.yaml'];
    const deep = { ...delivery, edits: files.map((file) => setTag('b', file)) };
    landed(await land(deep, quickWorld(), credential));
    for (const file of files) expect(await fileAt(host, name, file)).toBe(valuesWith('b'));
    expect([api.requests.length, host.requests.length]).toEqual([2, 0]);
    expect((await land(deep, quickWorld(), credential)).is).toBe('unchanged');
    expect([api.requests.length, host.requests.length]).toEqual([3, 0]);
    const other = { ...delivery, edits: [setTag('c')] };
    const preview = await previewDelivery(quickWorld(), other, credential);
    expect(preview.changes).toMatchObject([{ before: 'b', after: 'c' }]);
    expect([api.requests.length, host.requests.length]).toEqual([4, 0]);
    await isSound(host, name);
  });

  it('takes two more when somebody else was faster', async () => {
    let commits = 0;
    const { host, api, credential, delivery } = await github({
      commit: (own, where) => async (asked) => {
        commits += 1;
        if (commits === 1) await where.commit(name, { files: { 'main/values.yaml': `${values}\nmore: 1\n` } });
        return own(asked);
      },
    });
    // No wait of chance: the look after the refusal is the newest there is.
    const world = testWorld({ random: () => 0 });
    landed(await land(delivery, world, credential));
    expect(await fileAt(host, name)).toBe(`${valuesWith('b')}\nmore: 1\n`);
    expect([api.requests.length, host.requests.length]).toEqual([4, 0]);
  });

  it('keeps every byte, whatever the lines end with', async () => {
    const crlf = `\uFEFF# Zoë ✓\r\nfront:\r\n  imageTag: a\t\r\n`;
    const { host, api, credential, delivery } = await github({ files: { 'main/values.yaml': crlf } });
    landed(await land(delivery, quickWorld(), credential));
    expect(await fileAt(host, name)).toBe(crlf.replace('imageTag: a', 'imageTag: b'));
    expect([api.requests.length, host.requests.length]).toEqual([2, 0]);
  });

  it.each([
    ['is cut, being large', `${'# x\n'.repeat(140_000)}${values}`, undefined],
    ['has not the bytes of its id', values, (answer: string) => answer.replace('# from CI', '# from XX')],
    ['has another id', values, (answer: string) => answer.replace(/("object":\{"__typename":"Blob","oid":")\w/, '$1g')],
    ['is of another place', values, (answer: string) => answer.replace('main/values.yaml', 'other/values.yaml')],
  ])('reads by git a file that %s, and says so', async (_, bytes, change) => {
    const { host, credential, delivery } = await github({
      files: { 'main/values.yaml': bytes },
      ...(change === undefined ? {} : { alter: change }),
    });
    const world = quickWorld();
    landed(await land(delivery, world, credential));
    expect(await fileAt(host, name)).toBe(bytes.replace('imageTag:   a   #', 'imageTag:   b   #'));
    expect(noticesIn(world).join('\n')).toContain('main/values.yaml byte for byte: it is read by git');
    expect(host.requests.length).toBeGreaterThan(0);
  });

  it('tells of a file or a branch that is not there as ever, with what is', async () => {
    const { credential, delivery } = await github();
    const missing = land({ ...delivery, edits: [setTag('b', 'main/value.yaml')] }, quickWorld(), credential);
    await expect(missing).rejects.toMatchObject({
      ...{ code: 'FILE_NOT_FOUND', data: { nearest: expect.arrayContaining(['values.yaml']) } },
    });
    const nowhere = land({ ...delivery, branch: 'mian' }, quickWorld(), credential);
    await expect(nowhere).rejects.toMatchObject({ code: 'BRANCH_NOT_FOUND', data: { branches: ['main'] } });
  });

  it.each([
    ['fails each time', json(502, {})],
    ['refuses', json(403, { message: 'Resource not accessible by integration' })],
    ['tells errors', json(200, { data: { repository: null }, errors: [{ message: "Field 'file' doesn't exist" }] })],
    ['tells nothing', { status: 200, body: '' }],
    ['tells a page', { status: 200, body: '<html>' }],
  ])('is read by git where the API %s to a question, and says so', async (_, answer) => {
    const { host, credential, delivery } = await github({
      instead: (_number, request) => (isQuery(request) ? answer : undefined),
    });
    const world = quickWorld();
    landed(await land(delivery, world, credential));
    expect(await fileAt(host, name)).toBe(valuesWith('b'));
    expect(noticesIn(world).join('\n')).toMatch(/GitHub's API doesn't show the branch \(.+\): it is read by git/);
  });

  it('waits out a limit of either request, and ends with the time of one that lasts', async () => {
    const soon = () => String(Math.ceil(Date.now() / 1_000) + 40);
    for (const limited of [1, 2]) {
      const { host, credential, delivery } = await github({
        instead: (number) =>
          number === limited
            ? json(
                200,
                { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] },
                { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': soon() },
              )
            : undefined,
      });
      const world = testWorld({ clock: jumpingClock(Date.now()) });
      landed(await land(delivery, world, credential));
      expect(await host.git(name, 'rev-list', '--count', 'main')).toBe('2\n');
      expect([...noticesIn(world), ...world.notices].join('\n')).toMatch(
        /its limit of requests, until \d{4}-.*Z: it is tried again in \d+ s/,
      );
    }
    const late = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(Date.now() / 1_000) + 3_000) };
    const { host, api, credential, delivery } = await github({ instead: () => json(403, { message: 'no' }, late) });
    await expect(land(delivery, testWorld({ clock: jumpingClock(Date.now()) }), credential)).rejects.toMatchObject({
      ...{ code: 'GIT_RATE_LIMITED', exitCode: 6, data: { until: expect.stringMatching(/^\d{4}.*Z$/) } },
    });
    expect([api.requests.length, host.requests.length]).toEqual([1, 0]);
  });

  it('is the way of `auto` where the API lets the token commit; else git pushes, and it is said which', async () => {
    const choices = (world: { readonly events: readonly Happening[] }) =>
      world.events.flatMap((event) => (event.type === 'notice' && event.code === 'VIA_CHOSEN' ? [event.data.via] : []));
    const good = await github();
    const auto = { ...good.delivery, via: 'auto' as const };
    const first = quickWorld();
    landed(await land(auto, first, good.credential));
    expect([choices(first), good.api.requests.length, good.host.requests.length]).toEqual([['github'], 2, 0]);
    const without = quickWorld();
    landed(await land({ ...auto, edits: [setTag('c')] }, without, tokenCredential(token)));
    expect([choices(without), good.api.requests.length]).toEqual([['git'], 2]);
    const limit = json(403, { message: 'no' }, { 'retry-after': '9000' });
    for (const refusing of [
      { right: () => 'read' as const },
      { instead: () => json(401, { message: 'Bad credentials' }) },
      { instead: () => limit },
      { instead: (_: number, request: ApiRequest) => (isQuery(request) ? undefined : limit) },
    ]) {
      const { host, credential, delivery } = await github(refusing);
      const world = quickWorld();
      landed(await land({ ...delivery, via: 'auto' }, world, credential));
      expect(choices(world)).toEqual(['github', 'git']);
      expect(await fileAt(host, name)).toBe(valuesWith('b'));
      expect(await host.git(name, 'rev-list', '--count', 'main')).toBe('2\n');
    }
    // What isn't a refusal is no reason to try another way: nobody knows what was made.
    const { host, credential, delivery } = await github({ commit: () => () => new Promise(() => undefined) });
    const lost = land({ ...delivery, via: 'auto' }, quickWorld(), credential, { idleMs: 300, budgetMs: 1 });
    await expect(lost).rejects.toMatchObject({ code: 'GIT_TIMEOUT' });
    expect(await host.git(name, 'rev-list', '--count', 'main')).toBe('1\n');
  });

  it('lands once where its reads are behind its commits', async () => {
    const seen: string[] = [];
    // Each question is answered as it was two answers before, as a copy that lags does.
    const { host, credential, delivery } = await github({
      alter: (answer) => {
        if (!answer.includes('"target"') || answer.includes('createCommitOnBranch')) return answer;
        seen.push(answer);
        return seen.at(-3) ?? seen[0] ?? answer;
      },
    });
    for (const value of ['b', 'c', 'd']) {
      const message = `Set front to ${value}\n\nTagboat-Source: abc`;
      landed(await land({ ...delivery, edits: [setTag(value)], message }, quickWorld(), credential));
      expect(await fileAt(host, name)).toBe(valuesWith(value));
    }
    expect(await host.git(name, 'rev-list', '--count', 'main')).toBe('4\n');
    await isSound(host, name);
  });

  it('lands once where a reply is lost and what is read then is behind', async () => {
    let first = '';
    let [made, asked] = [0, 0];
    const { host, credential, delivery } = await github({
      commit: (own) => async (what) => {
        const commit = await own(what);
        made += 1;
        return made === 1 ? new Promise(() => undefined) : commit;
      },
      alter: (answer) => {
        if (!answer.includes('"target"') || answer.includes('createCommitOnBranch')) return answer;
        first ||= answer;
        // Behind until the same commit has been asked for again, and refused.
        return asked < 2 ? first : answer;
      },
      instead: (_, request) => {
        if (!isQuery(request)) asked += 1;
        return undefined;
      },
    });
    landed(await land(delivery, quickWorld(), credential, { idleMs: 300 }));
    expect(await host.git(name, 'rev-list', '--count', 'main')).toBe('2\n');
    expect(await fileAt(host, name)).toBe(valuesWith('b'));
  });

  it('changes nothing where the branch that it tells is another for ever', async () => {
    const { host, credential, delivery } = await github({
      alter: (answer) =>
        answer.replace(/("target":\{"__typename":"Commit","oid":")[0-9a-f]{40}/, `$1${'e'.repeat(40)}`),
    });
    const before = await tipOf(host, name);
    const ended = land(delivery, quickWorld(), credential, { budgetMs: 10_000 });
    await expect(ended).rejects.toMatchObject({ exitCode: 6, code: 'LAND_TIMED_OUT' });
    expect(await tipOf(host, name)).toBe(before);
  });

  it('looks at the branch itself where the answer to a commit does not show it', async () => {
    const changes = [
      (answer: string) =>
        answer.replace('"ref":{"prefix":"refs/heads/","name":"main"', '"ref":{"prefix":"refs/heads/","name":"other"'),
      (answer: string) => answer.replace(/,"ref":\{.*\}\}(?=\}\})/, ',"ref":null'),
    ];
    for (const change of changes) {
      const { host, api, credential, delivery } = await github({
        alter: (answer) => (answer.includes('createCommitOnBranch') ? change(answer) : answer),
      });
      const outcome = landed(await land(delivery, quickWorld(), credential));
      expect(outcome.commit).toBe(await tipOf(host, name));
      expect(api.requests.length).toBe(3);
    }
  });

  it('respects holds, and makes and ends them', async () => {
    const hold = { by: 'Ada', why: 'it breaks', at: '2026-01-01T00:00:00Z', until: undefined };
    const { host, api, credential, delivery } = await github();
    const place = { file: 'main/values.yaml', path: '.front.imageTag' };
    const holding: DeliveryPlan = { ...delivery, edits: [], holds: { is: 'hold', places: [place], ...hold } as never };
    landed(await land(holding, quickWorld(), credential));
    expect(await fileAt(host, name, '.tagboat/holds.json')).toContain('it breaks');
    const asked = api.requests.length;
    expect(await land(delivery, quickWorld(), credential)).toMatchObject({ is: 'held', why: 'it breaks' });
    expect([asked, api.requests.length, host.requests.length]).toEqual([2, 3, 0]);
  });

  it('knows who wrote the value there, from the same answer', async () => {
    const { host, api, credential, delivery } = await github();
    const theirs = 'd'.repeat(40);
    await host.commit(name, { files: { 'main/values.yaml': valuesWith('x1') }, message: wrote('x1', theirs) });
    for (const n of [1, 2, 3]) await host.commit(name, { files: { other: `${n}` }, message: `Other ${n}` });
    const before = await tipOf(host, name);
    const end = (is: 'ancestor' | 'descendant') => land(delivery, quickWorld(), credential, { lineage: lineage(is) });
    expect(await end('descendant')).toMatchObject({ is: 'superseded', by: theirs });
    expect(await tipOf(host, name)).toBe(before);
    // The refs of what was there already are git's to tell.
    expect([api.requests.length, host.requests.length]).toEqual([1, 1]);
    landed(await end('ancestor'));
    expect([api.requests.length, host.requests.length]).toEqual([3, 2]);
    // A value that names its commit needs nobody's word.
    const named = { ...delivery, edits: [setTag(commit)], message: wrote(commit, commit) };
    landed(await land(named, quickWorld(), credential, { lineage: lineage('ancestor') }));
    expect([api.requests.length, host.requests.length]).toEqual([5, 2]);
  });

  it('looks further by git where the newest commits of a file say nothing of a value', async () => {
    const { host, credential, delivery } = await github();
    const theirs = 'd'.repeat(40);
    await host.commit(name, { files: { 'main/values.yaml': valuesWith('x1') }, message: wrote('x1', theirs) });
    for (let n = 1; n <= 12; n += 1)
      await host.commit(name, {
        files: { 'main/values.yaml': `${valuesWith('x1')}\nn: ${n}` },
        message: `By hand ${n}`,
      });
    const ended = await land(delivery, quickWorld(), credential, { lineage: lineage('descendant') });
    expect(ended).toMatchObject({ is: 'superseded', by: theirs });
  });

  it('takes a promotion, and a rollback with its hold, as one commit each that the API makes', async () => {
    const { host, api, delivery } = await github({ files: { ...chart, ...appFiles(3) } });
    const app = await appRepo(', via: github');
    const [server, url] = [new URL(delivery.repo).origin, `${api.url}/api`];
    const ofGithub = { GITHUB_SERVER_URL: server, GITHUB_API_URL: `${url}/v3`, GITHUB_GRAPHQL_URL: `${url}/graphql` };
    const inApp = { cwd: app, env: { ...ofGithub, TAGBOAT_TOKEN: token, CONFIG_REPO: delivery.repo } };
    const landing = { errors: [], commits: outcomes('landed') };
    const second = () => fileAt(host, name, 'apps/app-2.yaml');
    expect(await here(promote(common, ['one', 'two'], {}), inApp)).toMatchObject(landing);
    expect(await second()).toBe('tag: 1\n');
    const back = rollback(common, 'two', { to: await tipOf(host, name, 'main~1'), why: 'slow', force: true });
    expect(await here(back, inApp)).toMatchObject(landing);
    expect(await second()).toBe('tag: 2\n');
    expect(await here(promote(common, ['one', 'two'], {}), inApp)).toMatchObject({ commits: outcomes('held') });
    expect(await second()).toBe('tag: 2\n');
    expect(await host.git(name, 'rev-list', '--count', 'main')).toBe('3\n');
    // The App's own account is the author of what its API makes, and git pushed nothing.
    expect(await host.git(name, 'log', '-2', '--format=%an', 'main')).toBe('tagboat-sandbox[bot]\n'.repeat(2));
    expect(pushesIn(host)).toEqual([]);
    await isSound(host, name);
  });

  it('lands eight writers by the API and by git, each exactly once', async () => {
    const places = Array.from({ length: 8 }, (_, n) => `svc${n}/values.yaml`);
    const { host, credential, delivery } = await github({
      files: Object.fromEntries(places.map((file) => [file, values])),
    });
    const outcomes = await Promise.all(
      places.map((file, n) => {
        const message = `Set ${file}\n\nTagboat-Source: abc`;
        const own = { ...delivery, edits: [setTag('b', file)], message };
        return n % 2 === 0
          ? land(own, hurried(), credential)
          : land({ ...own, via: 'git' }, hurried(), credential, { queue: n % 4 === 1 });
      }),
    );
    expect(outcomes.map(({ is }) => is)).toEqual(places.map(() => 'landed'));
    for (const file of places) expect(await fileAt(host, name, file)).toBe(valuesWith('b'));
    const subjects = (await host.git(name, 'log', '--format=%s', '--reverse', 'main')).trim().split('\n').slice(1);
    expect(subjects.toSorted()).toEqual(places.map((file) => `Set ${file}`));
    await isSound(host, name);
  }, 120_000);

  it('lands eight writers of one file whose replies are lost by chance, each exactly once', async () => {
    const places = Array.from({ length: 8 }, (_, n) => `s${n}`);
    const file = places.map((key) => `${key}:\n  imageTag: a\n`).join('');
    let made = 0;
    const { host, credential, delivery } = await github({
      files: { 'main/values.yaml': file },
      commit: (own) => async (asked) => {
        const commit = await own(asked);
        made += 1;
        return made % 3 === 0 ? new Promise(() => undefined) : commit;
      },
    });
    const outcomes = await Promise.all(
      places.map((key, n) => {
        const own = {
          ...deliveryTo(delivery.repo, setTag('b', 'main/values.yaml', `.${key}.imageTag`)),
          ...{
            message: `Set ${key}\n\nTagboat-Source: abc`,
            via: n % 2 === 0 ? ('github' as const) : ('git' as const),
          },
        };
        return land(own, hurried(), credential, { idleMs: 3_000, queue: n % 4 === 1 });
      }),
    );
    expect(outcomes.map(({ is }) => is)).toEqual(places.map(() => 'landed'));
    expect(await fileAt(host, name)).toBe(file.replaceAll('imageTag: a', 'imageTag: b'));
    const subjects = (await host.git(name, 'log', '--format=%s', '--reverse', 'main')).trim().split('\n').slice(1);
    expect(subjects.toSorted()).toEqual(places.map((key) => `Set ${key}`));
    await isSound(host, name);
  }, 180_000);
});
