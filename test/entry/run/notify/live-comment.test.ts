import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commit } from '../../../../src/entry/commands/commit.ts';
import { promote } from '../../../../src/entry/commands/promote/promote.ts';
import { rollback } from '../../../../src/entry/commands/rollback.ts';
import { commentText, factsIn } from '../../../../src/entry/run/notify/live-comment.ts';
import { withNotifications } from '../../../../src/entry/run/notify/notify.ts';
import type { Body } from '../../../../src/entry/run/session.ts';
import type { DeliveryPlan, Source } from '../../../../src/plan.ts';
import { json, serveApi } from '../../../../src/sandbox/api.ts';
import { harbour } from '../../../support/argocd.ts';
import { git, noHttpBackend, skipNote, tempDir } from '../../../support/git-host.ts';
import { createComments } from '../../../support/github/comments.ts';
import { here } from '../../../support/here.ts';
import { fastClock } from '../../../support/world.ts';

const settings = { json: true, quiet: false, color: false, jobs: 1 };
const token = 'planted-job-token';
const hostile = '@everyone --> </details> [x](http://e) closes #12 `x`';

interface Place {
  readonly comment?: string;
  /** What the host answers in the place of a comment that is written. */
  readonly refuses?: boolean;
  /** No pull request brought the commit. */
  readonly pushed?: boolean;
  readonly application?: string;
}

/** A job of GitHub's on main of acme/shop, whose commits come by pull request 7; staging and production are in Argo CD. */
async function job({ comment = 'comment: true', refuses = false, pushed = false, application = 'front' }: Place = {}) {
  const { host, argocd, repo } = await harbour({ tokens: { reader: { get: true } } });
  await host.commit('config', { files: { 'production/values.yaml': 'front:\n  imageTag: none\n' } });
  const comments = createComments(token);
  const api = await serveApi(({ method, ...request }) => {
    const path = request.path.replace(/^\/api(?:\/v3)?/, '');
    if (refuses && method === 'POST' && path.endsWith('/comments'))
      return json(403, { message: 'Resource not accessible by integration' });
    const [, id] = /^\/repos\/acme\/shop\/commits\/([0-9a-f]{40})\/pulls$/.exec(path) ?? [];
    if (id !== undefined) {
      const open = { number: 6, merged_at: null, merge_commit_sha: null };
      const merged = { number: 7, merged_at: '2026-11-01T10:00:00Z', merge_commit_sha: id };
      // One that took it from main to another branch.
      const on = { ...merged, number: 5, merge_commit_sha: 'f'.repeat(40), base: { ref: 'feature-x' } };
      return json(200, pushed ? [open, on] : [open, on, merged]);
    }
    return comments.answer({ method, ...request }, path) ?? json(404, { message: 'Not Found' });
  });
  onTestFinished(() => api.close());
  const dir = await tempDir();
  const delivery = (name: string, file: string, more: string) =>
    `  ${name}: { repo: '${repo}', set: { ${file}: { .front.imageTag: '{commit}' } }, ${more} }\n`;
  const followed = application === '' ? '' : `, application: ${application}`;
  await writeFile(
    join(dir, 'tagboat.yaml'),
    `${comment}\nargocd: { server: "${argocd.url}", settle: 100ms }\ndeliveries:\n${delivery('staging', 'main/values.yaml', `from: main${followed}`)}${delivery('production', 'production/values.yaml', `after: staging${followed}`)}`,
  );
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  await git(dir, 'add', '.');
  const next = async (subject: string): Promise<string> => {
    await git(dir, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--allow-empty', '-m', subject);
    return (await git(dir, 'rev-parse', 'HEAD')).trim();
  };
  await next(hostile);
  const run = async (body: Body, command: string) => {
    const head = (await git(dir, 'rev-parse', 'HEAD')).trim();
    const result = await here(body, {
      ...{ command, cwd: dir, world: () => ({ clock: fastClock(1) }) },
      env: {
        ...{ CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main' },
        ...{ GITHUB_SHA: head, GITHUB_SERVER_URL: host.url, GITHUB_REPOSITORY: 'acme/shop', GITHUB_TOKEN: token },
        ...{ GITHUB_API_URL: `${api.url}/api/v3`, GITHUB_GRAPHQL_URL: `${api.url}/api/graphql` },
        ...{ ARGOCD_AUTH_TOKEN: 'reader' },
      },
    });
    const said = result.events.filter((one) => one.type === 'notice' && one.code.startsWith('LIVE_'));
    return { ...result, said };
  };
  const deliver = () => run(commit(settings, { branch: 'main', set: [], create: false }), 'commit');
  const lines = () => (comments.all[0]?.body ?? '').split('\n').slice(2);
  return { dir, comments, api, host, run, deliver, next, lines };
}

const when = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d UTC \(`;

describe.skipIf(noHttpBackend !== undefined)(`the comment on the app repo's merged pull request${skipNote}`, () => {
  it('says where the commit is live, adds where it is promoted to, and that it was rolled back', async () => {
    const { comments, deliver, run, lines, api } = await job();
    expect(await deliver()).toMatchObject({ exitCode: 0, said: [{ code: 'LIVE_COMMENTED', data: { number: 7 } }] });
    expect(lines()).toEqual([expect.stringMatching(new RegExp(`^- ✅ live in \`staging\` since ${when}`))]);
    const [first] = lines();
    expect(await deliver()).toMatchObject({ exitCode: 0, said: [{ code: 'LIVE_COMMENTED' }] });
    expect(lines()).toEqual([first]);
    const promoted = await run(promote(settings, [], { due: true }), 'promote');
    expect(promoted).toMatchObject({ exitCode: 0, said: [{ code: 'LIVE_COMMENTED', data: { did: 'updated' } }] });
    expect(lines()).toEqual([first, expect.stringMatching(new RegExp(`^- ✅ live in \`production\` since ${when}`))]);
    const back = rollback(settings, 'production', { to: 'previous', why: hostile });
    expect(await run(back, 'rollback')).toMatchObject({ said: [{ code: 'LIVE_COMMENTED', data: { did: 'updated' } }] });
    const told = lines();
    expect(told).toEqual([first, expect.stringMatching(new RegExp(`^- ↩️ rolled back in \`production\` at ${when}`))]);
    expect(told[1]).toContain(`: \`\` ${hostile} \`\``);
    expect(comments.all).toHaveLength(1);
    expect(comments.all[0]?.body.split('-->')).toHaveLength(4);
    expect(JSON.stringify(api.requests.map(({ path }) => path))).not.toContain(token);
  });

  it('says that it was rolled back though the run that saw it live before ends after that', async () => {
    const { deliver, run, lines, host, dir } = await job();
    const first = await deliver();
    const source: Source = {
      ...{
        dir,
        url: `${host.url}/acme/shop.git`,
        commit: (await git(dir, 'rev-parse', 'HEAD')).trim(),
        branch: 'main',
      },
      ...{ dirty: false, subject: '', author: { name: '', email: '' }, committedAt: '' },
      runUrl: undefined,
    };
    const repo = `${host.url}/acme/config`;
    await run(async (session) => {
      session.commented.push({ path: join(dir, 'tagboat.yaml'), source });
      const staging = { name: 'staging', repo, branch: 'main', edits: [], deploy: {} } as unknown as DeliveryPlan;
      return withNotifications(session, { source, deliveries: [staging] }, async ({ emit }) => {
        for (const event of first.events)
          if (event.type === 'commit.finished' || event.type.startsWith('verdict.')) emit(event);
        // Another delivery of the run isn't there yet.
        await run(rollback(settings, 'staging', { to: 'previous', why: 'broken' }), 'rollback');
        return { value: null };
      });
    }, 'commit');
    expect(lines()).toEqual([expect.stringMatching(/^- ↩️ rolled back in `staging` at .*: `broken`$/)]);
  });

  it.each([
    ['where the job may not write one', { refuses: true }, 'warning', /Resource not accessible.*pull-requests: write/],
    ['where no pull request brought the commit', { pushed: true }, 'info', /no merged pull request brought/],
    ['where nothing says that it is live', { application: '' }, 'info', /nothing follows staging in Argo CD/],
  ] as const)('is told not to be there, and fails nothing, %s', async (_, place, level, words) => {
    const { comments, deliver } = await job(place);
    const { exitCode, errors, said } = await deliver();
    expect([exitCode, errors, comments.all]).toEqual([0, [], []]);
    expect(said).toMatchObject([{ code: 'LIVE_NOT_COMMENTED', level, message: expect.stringMatching(words) }]);
  });

  it('is nothing that anybody is asked for unless the config wants it', async () => {
    const { api, deliver } = await job({ comment: '' });
    expect(await deliver()).toMatchObject({ exitCode: 0, said: [] });
    expect(api.requests).toEqual([]);
  });
});

describe('what the comment says', () => {
  const fact = { repo: 'https://git.test/acme/config', commit: 'c'.repeat(40), why: '' };
  const live = (time: string) => ({ ...fact, is: 'live' as const, at: time, since: time });
  const back = (time: string) => ({ ...fact, is: 'rolledBack' as const, at: time, since: time });
  const [ten, eleven, noon] = ['2026-11-01T10:00:00.000Z', '2026-11-01T11:00:00.000Z', '2026-11-01T12:00:00.000Z'];
  const now = Date.parse('2026-11-01T13:00:00.000Z');
  const of = (is: ReturnType<typeof live> | ReturnType<typeof back>) =>
    commentText([], new Map([['staging', is]]), now);
  const text = (theirs: readonly string[], ours: ReturnType<typeof live> | ReturnType<typeof back>) =>
    commentText(theirs, new Map([['staging', ours]]), now)
      .split('\n')
      .slice(1)
      .join();

  it('is by what was seen last, whichever run writes last', () => {
    expect(text([of(back(noon))], live(eleven))).toMatch(/rolled back in `staging` at 2026-11-01 12:00/);
    expect(text([of(live(ten))], back(noon))).toMatch(/rolled back in `staging` at 2026-11-01 12:00/);
    expect(text([of(back(ten))], live(noon))).toMatch(/live in `staging` since 2026-11-01 12:00/);
  });

  it('has the time of the first run that saw it live, and the facts of two comments that two runs made at once', () => {
    expect(text([of(live(ten))], live(noon))).toMatch(/since 2026-11-01 10:00/);
    const both = commentText(
      [of(live(ten)), commentText([], new Map([['qa', live(eleven)]]), now)],
      new Map([['p', live(noon)]]),
      now,
    );
    expect(
      both
        .split('\n')
        .slice(1)
        .map((line) => line.slice(0, 24)),
    ).toMatchObject([
      expect.stringContaining('`staging`'),
      expect.stringContaining('`qa`'),
      expect.stringContaining('`p`'),
    ]);
  });

  it.each([
    ['no JSON', '<!-- tagboat facts {"staging": -->'],
    ['another shape', '<!-- tagboat facts {"staging":{"is":"live","at":7},"x":null,"y":[]} -->'],
    ['a commit that is none', '<!-- tagboat facts {"x":{"is":"live","at":"no","since":"time"}} -->'],
    ['nothing', ''],
  ])('takes nothing from a comment that somebody has broken (%s)', (_, body) => {
    expect(text([body], live(noon))).toMatch(
      /^- ✅ live in `staging` since 2026-11-01 12:00 UTC \(\[`ccccccc`\]\(https:[^,]*$/,
    );
  });

  it('keeps the facts of every environment from run to run, whatever stands in them', () => {
    const odd = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({
        unit: fc.constantFrom('\u2028', '\u2029', '-->', '\ud800', '\u007f', '\u0085', '"', '\\', '\r', '😀', '`'),
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(odd, fc.tuple(odd, odd), { maxKeys: 8 }), odd, (environments, last) => {
        const facts = Object.entries(environments).map(([name, [why, repo]]) => {
          return [name, { ...back(ten), why, repo }] as const;
        });
        const one = commentText([], new Map(facts), now);
        expect(one.split('\n')[0]).toMatch(/^<!-- tagboat facts [ -~]* -->$/);
        expect(new Map(factsIn(one))).toEqual(new Map(facts));
        const more = commentText([one], new Map([[last, live(noon)]]), now);
        const kept = new Map(factsIn(more));
        for (const [name, fact] of facts) if (name !== last) expect(kept.get(name)).toEqual(fact);
        expect(kept.size).toBe(new Set([...facts.map(([name]) => name), last]).size);
      }),
    );
  });

  it('is read though a release before this one left a line separator in it', () => {
    const told = of({ ...back(ten), why: 'a b' }).replaceAll('a b', 'a\u2028b');
    expect(commentText([told], new Map([['qa', live(noon)]]), now)).toMatch(/rolled back in `staging`/);
  });

  it('is shorter than what a host takes, and says most of what is newest', () => {
    const minute = (at: number) => new Date(Date.parse(ten) + at * 60_000).toISOString();
    const facts = new Map(
      Array.from({ length: 50 }, (_, at) => [`env-${at}`, { ...back(minute(at)), why: 'Ж'.repeat(300) }] as const),
    );
    const said = commentText([], facts, now);
    expect(said.length).toBeLessThan(60_000);
    expect(said).toContain(`\`${'Ж'.repeat(300)}\``);
    expect(said.split('\n').at(-1)).toContain('Ж'.repeat(300));
    for (const name of facts.keys()) expect(said).toContain(`\`${name}\``);
    const wide = new Map([...facts].map(([name, one]) => [name, { ...one, repo: 'ж'.repeat(400) }] as const));
    const few = commentText([], wide, now);
    expect(few.length).toBeLessThan(60_000);
    expect(few).toContain('`env-49`');
  });

  it('speaks of at most fifty environments: of those of this run, and of the newest', () => {
    const early = new Map(Array.from({ length: 50 }, (_, at) => [`env-${at}`, live(at === 7 ? ten : eleven)] as const));
    const said = commentText(
      [commentText([], early, now)],
      new Map<string, ReturnType<typeof live> | ReturnType<typeof back>>([
        ['env-0', back(noon)],
        ['new', live(noon)],
      ]),
      now,
    );
    expect(said.split('\n')).toHaveLength(51);
    expect(said).toContain('rolled back in `env-0`');
    expect(said).toContain('live in `new`');
    expect(said).not.toContain('`env-7`');
  });

  it('takes no word of a time to come: what a runner with a clock ahead has said, the next one says otherwise', () => {
    const ahead = of(live('2099-01-01T00:00:00.000Z'));
    expect(text([ahead], back(noon))).toMatch(/^- ↩️ rolled back in `staging` at 2026-11-01 12:00/);
    expect(commentText([ahead], new Map([['qa', live(noon)]]), now)).toMatch(
      /live in `staging` since 2026-11-01 13:00/,
    );
  });
});
