import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { landDelivery } from '../../../src/commit/commit.ts';
import { keepComment } from '../../../src/wire/forge/comments.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { type Gitea, noGitea, startGitea } from '../../support/gitea.ts';
import { fastClock, type TestWorld, testWorld } from '../../support/world.ts';
import { values, valuesWith } from '../landing.ts';
import { type ConfigOnGitea, configOn } from './gitea.ts';

const note = noGitea === undefined ? '' : ` (skipped: ${noGitea})`;
const times = 20;
const longMs = 900_000;

interface Cut {
  readonly method: 'POST';
  /** How the path ends at which the run dies. */
  readonly at: RegExp;
  /** Before the request is sent, or once the host has done it and before its answer is here. */
  readonly when: 'before' | 'after';
}

let gitea: Gitea;

/** A run that is killed there: from then on nothing of it reaches the host, what would tidy up neither. */
function dying({ method, at, when }: Cut): { readonly world: TestWorld; readonly died: () => boolean } {
  const world = testWorld({ clock: fastClock(1) });
  let dead = false;
  const http: TestWorld['http'] = async (request) => {
    const isIt = request.method === method && at.test(new URL(request.url).pathname);
    if (isIt && when === 'after' && !dead) await world.http(request).then(({ body }) => body.resume());
    if (isIt) dead = true;
    if (!dead) return world.http(request);
    world.abort();
    throw new Error('killed');
  };
  return { world: { ...world, http }, died: () => dead };
}

describe.skipIf(noGitea !== undefined)(`a run that is killed half way on a real Gitea${note}`, () => {
  beforeAll(async () => {
    gitea = await startGitea();
    await gitea.user('bob');
  }, 1_800_000);
  afterAll(() => gitea?.close());

  const place = async () => {
    const config = await configOn(gitea);
    await gitea.api('PUT', `/repos/${config.path}/collaborators/bob`, { permission: 'write' });
    return config;
  };
  const land = (config: ConfigOnGitea, tag: string, head: string, world = testWorld({ clock: fastClock(1) })) => {
    const delivery = config.delivery(tag, { pullRequest: { head, labels: ['deploy'], reviewers: ['bob'] } });
    return landDelivery(world, world.emit, delivery, config.credential);
  };
  const list = async (path: string) => (await gitea.api('GET', path)) as Readonly<Record<string, unknown>>[];

  it.each<[string, Cut & { readonly isMade: boolean }]>([
    ['between branch and pull request', { method: 'POST', at: /\/pulls$/, when: 'before', isMade: false }],
    ['before it is told of its pull request', { method: 'POST', at: /\/pulls$/, when: 'after', isMade: true }],
    ['between pull request and labels', { method: 'POST', at: /\/labels$/, when: 'before', isMade: true }],
    ['between labels and reviewers', { method: 'POST', at: /requested_reviewers$/, when: 'before', isMade: true }],
  ])(
    `leaves what the next one brings to its end: killed ${times} times %s`,
    async (_, { isMade, ...cut }) => {
      const config = await place();
      for (let run = 1; run <= times; run += 1) {
        const head = `tagboat/run-${run}`;
        // Labels are the repository's: each run wants one that isn't there yet.
        for (const { id } of await list(`/repos/${config.path}/labels`))
          await gitea.api('DELETE', `/repos/${config.path}/labels/${id}`);
        const killed = dying(cut);
        await land(config, 'b', head, killed.world).catch(() => undefined);
        expect([killed.died(), (await config.branches()).includes(head)], head).toEqual([true, true]);
        const before = await config.open();
        expect(before.length, head).toBe(isMade ? run : run - 1);

        // The next run has the same to say, or something newer.
        const tag = run % 2 === 0 ? 'b' : 'c';
        expect(await land(config, tag, head), head).toMatchObject({ is: 'proposed', head });
        const open = await config.open();
        expect(open.length, head).toBe(run);
        const [pull, ...others] = open.filter((one) => one.head.ref === head);
        const labelled = { labels: [{ name: 'deploy' }], requested_reviewers: [{ login: 'bob' }] };
        expect([pull, others], head).toMatchObject([{ title: `Set front to ${tag}`, ...labelled }, []]);
        expect(pull?.body.split('Tagboat keeps this up to date').length, head).toBe(2);
        expect(await config.file(head), head).toBe(valuesWith(tag));
        expect((await list(`/repos/${config.path}/labels`)).length, head).toBe(1);
        const timeline = (await list(`/repos/${config.path}/issues/${pull?.number}/timeline`)).map(({ type }) => type);
        const count = (type: string) => timeline.filter((one) => one === type).length;
        const retitled = isMade && tag === 'c' ? 1 : 0;
        expect(['label', 'review_request', 'change_title'].map(count), head).toEqual([1, 1, retitled]);
      }
      expect(await land(config, 'b', `tagboat/run-${times}`)).toMatchObject({ is: 'proposed', did: 'nothing' });
      expect(await config.file()).toBe(values);
      const heads = Array.from({ length: times }, (__, run) => `tagboat/run-${run + 1}`);
      expect((await config.branches()).filter((one) => one !== 'main')).toEqual(heads.sort());
    },
    longMs,
  );

  it.each<[string, Cut]>([
    ['before it comments', { method: 'POST', at: /\/comments$/, when: 'before' }],
    ['before it is told of its comment', { method: 'POST', at: /\/comments$/, when: 'after' }],
  ])(
    `leaves one comment to the next: killed ${times} times %s`,
    async (_, cut) => {
      const config = await place();
      const proposed = await land(config, 'b', 'tagboat/commented');
      if (proposed.is !== 'proposed') return expect.unreachable(proposed.is);
      const { number } = proposed.pullRequest;
      const access = { api: `${gitea.url}/api/v1`, token: new Secret(gitea.token, 'T'), path: config.path };
      const where = { kind: 'gitea' as const, access, graphql: undefined, number };
      for (let run = 1; run <= times; run += 1) {
        const keep = (text: string, world: TestWorld = testWorld({ clock: fastClock(1) })) =>
          keepComment(world, where, `<!-- ours ${run} -->`, text);
        const killed = dying(cut);
        await keep('new', killed.world).catch(() => undefined);
        expect(killed.died()).toBe(true);
        await keep('newer');
        expect(await keep('newer')).toBe('unchanged');
        const told = (await list(`/repos/${config.path}/issues/${number}/comments`)).map(({ body }) => String(body));
        expect(told.length).toBe(run);
        expect(told.at(-1)?.trim()).toBe(`<!-- ours ${run} -->\nnewer`);
      }
    },
    longMs,
  );
});
