import { describe, expect, it } from 'vitest';
import { type Lineage, openLineage } from '../../../src/commit/order/lineage.ts';
import { writeMessage } from '../../../src/config/plan/message.ts';
import type { FileWrite } from '../../../src/plan/pull-request.ts';
import type { DeliveryPlan } from '../../../src/plan.ts';
import { serveApi } from '../../../src/sandbox/api.ts';
import type { GitHost, GitHostRequest } from '../../../src/sandbox/git-host/git-host.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { answerGraphql } from '../../support/github/graphql.ts';
import { repositoriesOf } from '../../support/github-repositories.ts';
import {
  bot,
  chart,
  fileAt,
  isPush,
  isSound,
  land,
  landed,
  noticesIn,
  quickWorld,
  refusal,
  setTag,
  tipOf,
} from '../landing.ts';

/** Commits of a pull request, oldest first, as 40 digits each. */
const commits = '12345'.split('').map((digit) => digit.repeat(40));
const file = 'previews/7/values.yaml';

/** A commit among `commits`, whose order is theirs. */
function lineage(nth: number, at?: string): Lineage & { told: string[] } {
  const told: string[] = [];
  const kin = (theirs: string) => {
    const other = commits.indexOf(theirs);
    return other < 0 ? 'unknown' : other === nth ? 'same' : other < nth ? 'ancestor' : 'descendant';
  };
  return {
    ...{ commit: commits[nth] ?? '', since: 0, at, told },
    kinOf: async (theirs) => ({ is: kin(theirs), why: 'the test says so' }),
    wholeId: async () => undefined,
    tell: (_, message) => void told.push(message),
  };
}

interface About {
  readonly nth?: number;
  /** Instead of one of `commits`. */
  readonly commit?: string;
  readonly lineage?: Lineage;
  readonly at?: string;
  readonly template?: FileWrite['template'] | string;
  readonly force?: boolean;
  readonly app?: string;
  readonly files?: readonly string[];
  readonly more?: Partial<DeliveryPlan>;
}

/** What `ship` plans for the pull request at one of its commits, or `retire` for it. */
function plan(host: GitHost, is: 'ship' | 'retire', about: About) {
  const { nth = 0, at, template = 'tag: {commit}\n', force, app = 'acme/app', files = [file], more } = about;
  const { commit = commits[nth] ?? '' } = about;
  const made =
    typeof template === 'string' ? { file: 'p.yaml', of: 'app' as const, bytes: Buffer.from(template) } : template;
  const writes = files.map(
    (file): FileWrite => ({
      ...{ file, template: is === 'ship' ? made : undefined, force, folder: 'previews/7' },
      values: { commit: { text: commit }, pr: { text: '7' }, subject: { text: 'It\'s "fine": #1' } },
    }),
  );
  const trailers = [
    { key: 'Tagboat-App', value: app },
    { key: 'Tagboat-Source', value: `https://git.example/acme/app@${commit}` },
  ];
  const whole = { writes, pullRequest: { number: 7, at } };
  const delivery: DeliveryPlan = {
    ...{
      name: 'previews',
      repo: `${host.url}/config.git`,
      branch: 'main',
      edits: [],
      writes,
      deploy: undefined,
    },
    ...{ author: bot, committer: bot },
    message: writeMessage({ text: is, trailers, delivery: 'previews', edits: [], source: undefined, ...whole }),
    ...more,
  };
  return delivery;
}

const run = async (host: GitHost, is: 'ship' | 'retire', about: About = {}, world = quickWorld()) => {
  const our = lineage(about.nth ?? 0, about.at);
  const outcome = await land(plan(host, is, about), world, undefined, { lineage: about.lineage ?? our, queue: true });
  return { outcome, told: our.told, world };
};

const there = (host: GitHost): Promise<string> =>
  host.git('config', 'ls-tree', '-r', '--name-only', 'main', 'previews');

/** An app repo whose pull request 7 is pushed over by each `on`, and what is shipped of it for whichever number. */
async function pushedOver(host: GitHost) {
  const url = await host.createRepo('app', { files: { a: '1' } });
  const base = (await host.git('app', 'rev-parse', 'main')).trim();
  const on = async (content: string): Promise<string> => {
    await host.git('app', 'update-ref', 'refs/heads/topic', base);
    const commit = await host.commit('app', { branch: 'topic', files: { a: content } });
    await host.git('app', 'update-ref', 'refs/pull/7/head', commit);
    await host.git('app', 'update-ref', '-d', 'refs/heads/topic');
    return commit;
  };
  const world = quickWorld();
  const about = (commit: string, number = 7): About => {
    const source = { dir: '/nonexistent', url, commit, pullRequest: { number, foreign: false, head: commit } };
    return { commit, lineage: openLineage(world, world.emit, source, [undefined]) };
  };
  return { on, about };
}

describe.skipIf(noHttpBackend !== undefined)(`a file written whole${skipNote}`, () => {
  const open = async (files: Record<string, string> = {}, options = {}): Promise<GitHost> => {
    const host = await gitHost(options);
    await host.createRepo('config', { files: { ...chart, ...files } });
    return host;
  };

  it('is made with its folders, made anew by a newer commit, and removed with the folders it leaves empty', async () => {
    const host = await open();
    const first = landed((await run(host, 'ship')).outcome);
    expect(first).toMatchObject({ changes: [], written: [{ file, is: 'created' }] });
    expect(first.diff).toContain(`--- /dev/null\n+++ b/${file}\n@@ -0,0 +1,1 @@\n+tag: "${commits[0]}"`);
    expect((await run(host, 'ship')).outcome.is).toBe('unchanged');
    expect(landed((await run(host, 'ship', { nth: 1 })).outcome).written).toEqual([{ file, is: 'replaced' }]);
    expect(await fileAt(host, 'config', file)).toBe(`tag: "${commits[1]}"\n`);
    const gone = landed((await run(host, 'retire', { nth: 1 })).outcome);
    expect(gone.written).toEqual([{ file, is: 'removed' }]);
    expect(gone.diff).toContain('+++ /dev/null');
    expect(await host.git('config', 'ls-tree', '--name-only', 'main')).toBe('README.md\nmain\n');
    expect((await run(host, 'retire', { nth: 1 })).outcome.is).toBe('unchanged');
    await isSound(host, 'config');
  });

  it('is never replaced by an older commit, nor brought back by one once it is retired', async () => {
    const host = await open();
    await run(host, 'ship', { nth: 2 });
    expect((await run(host, 'ship', { nth: 1 })).outcome).toMatchObject({ is: 'superseded', by: commits[2] });
    expect((await run(host, 'retire', { nth: 1 })).outcome).toMatchObject({ is: 'superseded', by: commits[2] });
    landed((await run(host, 'retire', { nth: 2 })).outcome);
    for (const nth of [1, 2]) expect((await run(host, 'ship', { nth })).outcome.is).toBe('superseded');
    expect(await there(host)).toBe('');
    // Opened again with a newer commit.
    landed((await run(host, 'ship', { nth: 3 })).outcome);
    expect((await run(host, 'retire', { nth: 2 })).outcome.is).toBe('superseded');
  });

  it("comes back with the same commit where the host's clock says that it was opened again", async () => {
    const host = await open();
    const [opened, closed, again, closedAgain] = [1, 2, 3, 4].map((hour) => `2026-01-01T0${hour}:00:00Z`);
    await run(host, 'ship', { at: opened ?? '' });
    landed((await run(host, 'retire', { at: closed ?? '' })).outcome);
    expect((await run(host, 'ship', { at: opened ?? '' })).outcome.is).toBe('superseded');
    landed((await run(host, 'ship', { at: again ?? '' })).outcome);
    expect((await run(host, 'retire', { at: closed ?? '' })).outcome.is).toBe('superseded');
    landed((await run(host, 'retire', { at: closedAgain ?? '' })).outcome);
  });

  it('is not made by a run that was under way when the pull request closed before its first preview', async () => {
    const host = await open();
    const mark = landed((await run(host, 'retire', { nth: 1 })).outcome);
    expect(mark).toMatchObject({ changes: [], written: [], diff: '' });
    expect(await host.git('config', 'rev-parse', 'main^{tree}')).toBe(
      await host.git('config', 'rev-parse', 'main~^{tree}'),
    );
    expect((await run(host, 'ship', { nth: 1 })).outcome.is).toBe('superseded');
    expect((await run(host, 'retire', { nth: 1 })).outcome.is).toBe('unchanged');
    // A newer commit that closes without a preview too has runs of its own.
    landed((await run(host, 'retire', { nth: 2 })).outcome);
    expect((await run(host, 'ship', { nth: 2 })).outcome.is).toBe('superseded');
  });

  it("is not touched where it is another app's, whose retirement is none of ours either", async () => {
    const host = await open();
    await run(host, 'ship');
    // By hand, where nobody tells which commit it ended with, there is no lineage.
    for (const [is, our] of [
      ['ship', { lineage: lineage(1) }],
      ['retire', { lineage: lineage(1) }],
      ['retire', {}],
    ] as const) {
      const error = await refusal(host, plan(host, is, { nth: 1, app: 'acme/other' }), undefined, undefined, our);
      expect(error).toMatchObject({ code: 'FILE_NOT_OURS', message: expect.stringContaining('acme/app wrote it') });
    }
    landed((await run(host, 'retire')).outcome);
    landed((await run(host, 'ship', { app: 'acme/other' })).outcome);
  });

  it('goes with its pull request, whatever the config names by then', async () => {
    const host = await open();
    const dropped = ['previews/7/dropped.yaml', 'renamed/7.yaml'];
    await run(host, 'ship', { files: [file, ...dropped] });
    await run(host, 'ship', { app: 'acme/other', files: ['previews/7/other.yaml'] });
    await run(host, 'ship', { nth: 1 });
    const gone = landed((await run(host, 'retire', { nth: 1 })).outcome);
    expect(gone.written).toEqual([file, ...dropped].map((one) => ({ file: one, is: 'removed' })));
    expect(await host.git('config', 'log', '-1', '--format=%B', 'main')).toContain('Tagboat-Retire: renamed/7.yaml\n');
    expect(await there(host)).toBe('previews/7/other.yaml\n');
    expect(await host.git('config', 'ls-tree', '--name-only', 'main')).not.toContain('renamed');
    expect((await run(host, 'retire', { nth: 1 })).outcome.is).toBe('unchanged');
    await isSound(host, 'config');
  });

  it('is retired with one look at the history of the config repo', async () => {
    const host = await open();
    await run(host, 'ship', { files: [file, 'renamed/7.yaml'] });
    const asked: string[] = [];
    const world = quickWorld();
    const http: typeof world.http = (request) => {
      asked.push(`${request.url} ${Buffer.from(String(request.body ?? '')).toString('latin1')}`);
      return world.http(request);
    };
    expect(landed((await run(host, 'retire', {}, { ...world, http })).outcome).written).toHaveLength(2);
    const fetches = asked.filter((one) => one.includes('filter tree:0'));
    expect(fetches.length).toBeGreaterThan(0);
    expect(fetches.filter((one, at) => fetches.indexOf(one) !== at)).toEqual([]);
  });

  it.each([
    'ship',
    'retire',
  ] as const)("gives way to a commit that was pushed over this one's and written while this one's was pushed: %s", async (late) => {
    let meanwhile: (() => Promise<void>) | undefined;
    const host = await open(
      {},
      {
        fault: async (request: GitHostRequest) => {
          if (!isPush(request)) return undefined;
          const now = meanwhile;
          meanwhile = undefined;
          await now?.();
          return undefined;
        },
      },
    );
    const { on, about } = await pushedOver(host);
    landed((await run(host, 'ship', about(await on('2')))).outcome);
    const second = await on('3');
    let third = '';
    meanwhile = async () => {
      third = await on('4');
      landed((await run(host, 'ship', about(third))).outcome);
    };
    expect((await run(host, late, about(second))).outcome).toMatchObject({ is: 'superseded', by: third });
    expect(await fileAt(host, 'config', file)).toBe(`tag: ${third}\n`);
  });

  it('goes on where the pull request was pushed over by force and its host has pruned what was there', async () => {
    const host = await open();
    const { on, about } = await pushedOver(host);
    const first = await on('2');
    landed((await run(host, 'ship', about(first))).outcome);
    const second = await on('3');
    await host.git('app', 'gc', '--quiet', '--prune=now');
    await expect(host.git('app', 'cat-file', '-e', first)).rejects.toThrow();
    // Whoever isn't told the pull request's head can't tell, and is told the way out.
    for (const is of ['ship', 'retire'] as const) {
      const error = await refusal(host, plan(host, is, about(second)), undefined, undefined, about(second, 8));
      expect(error).toMatchObject({ code: 'ORDER_UNKNOWN', hint: expect.stringContaining(`tagboat ${is} --force`) });
    }
    landed((await run(host, 'ship', about(second))).outcome);
    // The run of the old commit that is late.
    expect((await run(host, 'ship', about(first))).outcome).toMatchObject({ is: 'superseded', by: second });
    const third = await on('4');
    await host.git('app', 'gc', '--quiet', '--prune=now');
    expect((await run(host, 'retire', about(first))).outcome).toMatchObject({ is: 'superseded' });
    landed((await run(host, 'retire', about(third))).outcome);
    expect(await there(host)).toBe('');
    expect((await run(host, 'ship', about(second))).outcome).toMatchObject({ is: 'superseded', by: third });
  });

  it('stays removed for its commit also where the order is off', async () => {
    const host = await open();
    const more = { order: 'off' } as const;
    for (const is of ['ship', 'retire'] as const) landed((await run(host, is, { nth: 1, more })).outcome);
    for (const nth of [0, 1]) expect((await run(host, 'ship', { nth, more })).outcome.is).toBe('superseded');
    landed((await run(host, 'ship', { nth: 2, more })).outcome);
    // Older over newer is what it allows.
    landed((await run(host, 'ship', { nth: 1, more })).outcome);
  });

  it("is not touched where it is somebody else's, and removed then by force alone", async () => {
    const host = await open({ [file]: 'by: hand\n' });
    for (const is of ['ship', 'retire'] as const) {
      const our = { lineage: lineage(0) };
      expect(await refusal(host, plan(host, is, {}), undefined, undefined, our)).toMatchObject({
        code: 'FILE_NOT_OURS',
      });
    }
    landed((await run(host, 'retire', { force: true })).outcome);
    expect(await there(host)).toBe('');
  });

  it('is written anew over a change by hand, which is told, and removed with one by force alone', async () => {
    const host = await open();
    await run(host, 'ship');
    await host.commit('config', { files: { [file]: 'by: hand\n', 'previews/7/notes.md': 'keep me\n' } });
    const { told } = await run(host, 'ship', { nth: 1 });
    expect(told).toEqual([expect.stringMatching(/written anew, though it was changed by hand/)]);
    await host.commit('config', { files: { [file]: 'by: hand\n' } });
    const our = { lineage: lineage(1) };
    expect(await refusal(host, plan(host, 'retire', { nth: 1 }), undefined, undefined, our)).toMatchObject({
      code: 'FILE_NOT_OURS',
    });
    const { world } = await run(host, 'retire', { nth: 1, force: true });
    expect(noticesIn(world).join()).toContain(
      "Left as they are, since no commit of this delivery's is known to have written them for this pull request: previews/7/notes.md.",
    );
    expect(await there(host)).toBe('previews/7/notes.md\n');
  });

  it('is made of a template of the config repo, beside values that are set, in one commit', async () => {
    const host = await open({ 'templates/p.yaml': '# {subject}\nname: preview-{pr}\n' });
    const template = { file: 'templates/p.yaml', of: 'config' } as const;
    const { outcome } = await run(host, 'ship', { template, more: { edits: [setTag('b')] } });
    expect(landed(outcome)).toMatchObject({ changes: [{ after: 'b' }], written: [{ file }] });
    expect(await fileAt(host, 'config', file)).toBe('# It\'s "fine": #1\nname: preview-7\n');
    const lost = { template: { file: 'templates/q.yaml', of: 'config' } as const };
    expect(await refusal(host, plan(host, 'ship', lost), undefined, undefined, { lineage: lineage(1) })).toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });

  it('is kept from a symbolic link, a folder and a path out of the repository', async () => {
    const host = await open();
    await host.commit('config', {
      files: { 'previews/7': { mode: '120000', content: '../main' }, 'previews/8/values.yaml/x': '' },
    });
    const at = (where: string) => {
      const delivery = plan(host, 'ship', {});
      const [write] = delivery.writes ?? [];
      return { ...delivery, writes: write === undefined ? [] : [{ ...write, file: where }] };
    };
    for (const [where, code] of [
      [file, 'FILE_IS_SYMLINK'],
      ['previews/8/values.yaml', 'FILE_IS_FOLDER'],
      ['previews/../../x', 'FILE_PATH_INVALID'],
      ['.git/7', 'FILE_PATH_INVALID'],
    ] as const)
      expect(await refusal(host, at(where))).toMatchObject({ code });
  });

  it('is not made of more than a file may have, and not where a value is held', async () => {
    const host = await open();
    const large = { template: `a: "${'x'.repeat(1024 * 1024)}"\n` };
    expect(await refusal(host, plan(host, 'ship', large))).toMatchObject({ code: 'FILE_TOO_LARGE' });
    await run(host, 'ship');
    const held = { file, path: '.tag', value: commits[0], by: 'Ada', why: 'a test', since: '2026-01-01T00:00:00Z' };
    await host.commit('config', { files: { '.tagboat/holds.json': JSON.stringify({ version: 1, holds: [held] }) } });
    expect((await run(host, 'ship', { nth: 1 })).outcome).toMatchObject({ is: 'held', by: 'Ada' });
    expect((await run(host, 'retire', { nth: 1 })).outcome).toMatchObject({ is: 'held', by: 'Ada' });
  });

  it("is made and removed by GitHub's API too", async () => {
    const host = await gitHost();
    await host.createRepo('acme/config', { files: chart });
    const api = await serveApi((request) =>
      answerGraphql(
        request,
        repositoriesOf(host, () => 'write'),
      ),
    );
    const secret = new Secret('bearer planted', 'a token');
    const credential = {
      authorization: new Secret('Basic eDp5', 'x'),
      label: 'x',
      graphql: { url: api.url, authorization: secret },
    };
    const asked = (is: 'ship' | 'retire', files: string[]) => ({
      ...plan(host, is, { files }),
      repo: `${host.url}/acme/config.git`,
      via: 'github' as const,
    });
    for (const is of ['ship', 'retire'] as const) {
      const files = is === 'ship' ? [file, 'old/7.yaml'] : [file];
      const done = await land(asked(is, files), quickWorld(), credential, { lineage: lineage(0) });
      const wanted = { is: is === 'ship' ? 'created' : 'removed' };
      expect(landed(done).written).toEqual([file, 'old/7.yaml'].map((one) => ({ file: one, ...wanted })));
    }
    expect(await host.git('acme/config', 'log', '-1', '--format=%B', 'main')).toContain('Tagboat-Retire: old/7.yaml');
    expect(await host.git('acme/config', 'ls-tree', '-r', '--name-only', 'main', 'previews')).toBe('');
    await api.close();
  });

  it.each(['retire first', 'ship first'])('ends removed when a retirement and a run race, %s', async (order) => {
    // Both have decided on the same tip before either pushes.
    let waiting = 2;
    let go = () => {};
    const met = new Promise<void>((resolve) => {
      go = resolve;
    });
    const meet = async () => {
      waiting -= 1;
      if (waiting === 0) go();
      await met;
    };
    let nth = 0;
    const fault = async (request: GitHostRequest) => {
      if (isPush(request) && nth++ < 2) await meet();
      return undefined;
    };
    const host = await open({}, { fault });
    const [one, other] = order === 'retire first' ? (['retire', 'ship'] as const) : (['ship', 'retire'] as const);
    const ends = await Promise.all([run(host, one, { nth: 1 }), run(host, other, { nth: 1 })]);
    expect(await there(host)).toBe('');
    expect(ends.some(({ outcome }) => outcome.is === 'landed')).toBe(true);
    expect(await tipOf(host, 'config')).not.toBe('');
  });
});
