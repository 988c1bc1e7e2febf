import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commit } from '../../../src/entry/commands/commit.ts';
import { hold } from '../../../src/entry/commands/hold.ts';
import type { PromoteOptions } from '../../../src/entry/commands/promote/named.ts';
import { promote } from '../../../src/entry/commands/promote/promote.ts';
import { status } from '../../../src/entry/commands/see/status.ts';
import { where } from '../../../src/entry/commands/see/where.ts';
import type { StatusValue, WhereValue } from '../../../src/events/json-event.ts';
import type { Candidate, NotYet } from '../../../src/plan/listed.ts';
import type { Http } from '../../../src/wire/http.ts';
import { git, gitHost, noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { type HereOptions, type HereResult, here } from '../../support/here.ts';
import { jumpingClock } from '../../support/world.ts';

const common = { json: true, quiet: false, color: false, jobs: 1 };
const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];

interface SceneOptions {
  readonly staging?: string;
  readonly production?: string;
  /** Each environment in a config repo of its own. */
  readonly apart?: boolean;
}

/** An app repo whose main goes to dev, then by promotion to staging and production, at times that a test sets. */
async function chain({ staging = 'soak: 30m', production = 'soak: 2h', apart = false }: SceneOptions = {}) {
  const host = await gitHost();
  const names = ['dev', 'staging', 'production'] as const;
  const file = (name: string) => `${name}/values.yaml`;
  const files = Object.fromEntries(names.map((name) => [file(name), 'web:\n  tag: none   # by CI\n']));
  const repoOf = (name: string) => (apart ? name : 'config');
  const urls = new Map<string, string>();
  for (const name of new Set(names.map(repoOf))) urls.set(name, await host.createRepo(name, { files }));
  const app = await tempDir();
  await git(app, 'init', '--quiet', '--initial-branch=main');
  const delivery = (name: string, keys: string) =>
    `  ${name}: { repo: '${urls.get(repoOf(name))}', set: { ${file(name)}: { .web.tag: '{commit}' } }, ${keys} }\n`;
  await writeFile(
    join(app, 'tagboat.yaml'),
    `deliveries:\n${delivery('dev', 'from: main')}${delivery('staging', `after: dev, ${staging}`)}${delivery('production', `after: staging, ${production}`)}`,
  );
  const at = (time: string, world?: HereOptions['world']): HereOptions => ({
    cwd: app,
    world: (own) => ({ clock: jumpingClock(Date.parse(time)), ...world?.(own) }),
  });
  const commitApp = async (): Promise<void> => {
    await git(app, 'add', '.');
    await git(app, ...who, 'commit', '--quiet', '--allow-empty', '-m', 'x');
  };
  await commitApp();
  const deliver = async (time: string): Promise<string> => {
    await commitApp();
    const done = await here(commit(common, { branch: 'main', set: [], create: false }), at(time));
    expect(done).toMatchObject({ exitCode: 0, commits: [{ is: 'landed', delivery: 'dev' }] });
    return (await git(app, 'rev-parse', 'HEAD')).trim();
  };
  const due = (
    time: string,
    options: PromoteOptions = {},
    names: readonly string[] = [],
    world?: HereOptions['world'],
  ) => here(promote(common, names, { due: true, ...options }), { ...at(time, world), command: 'promote' });
  const value = async (name: string): Promise<string> => {
    const text = await host.git(repoOf(name), 'show', `main:${file(name)}`);
    return /tag: (\S+)/.exec(text)?.[1] ?? '';
  };
  const values = async () => Promise.all(names.map(value));
  const byHand = (name: string, tag: string, subject?: string) =>
    host.commit(repoOf(name), {
      files: { [file(name)]: `web:\n  tag: ${tag}   # by CI\n` },
      ...(subject && { message: subject }),
    });
  /** The same at a time that a test sets. */
  const byHandAt = async (time: string, name: string, tag: string) => {
    const made = await byHand(name, tag);
    const text = await host.git(repoOf(name), 'cat-file', 'commit', made);
    const dated = join(await tempDir(), 'commit');
    await writeFile(dated, text.replace(/> \d+ \+\d+/g, `> ${Date.parse(time) / 1000} +0000`));
    const id = (await host.git(repoOf(name), 'hash-object', '-t', 'commit', '-w', dated)).trim();
    await host.git(repoOf(name), 'update-ref', 'refs/heads/main', id);
  };
  return { byHandAt, host, app, at, deliver, due, value, values, byHand, repoOf };
}

function why({ value }: Pick<HereResult, 'value'>): Record<string, string> {
  const { candidates } = value as { candidates: readonly Candidate[] };
  const word = (one: NotYet): string =>
    'until' in one ? `${one.is} ${one.until}` : one.is === 'closed' ? `closed ${one.opens}` : one.is;
  return Object.fromEntries(
    candidates.map(({ delivery, due, notYet }) => [delivery, due ? 'due' : notYet.map(word).join(', ')]),
  );
}

/** Does something once, when the first push is about to be sent. */
function beforePush(http: Http, act: () => Promise<unknown>): Http {
  let done = false;
  return async (request) => {
    if (!done && request.method === 'POST' && String(request.url).endsWith('/git-receive-pack')) {
      done = true;
      await act();
    }
    return http(request);
  };
}

describe.skipIf(noHttpBackend !== undefined)(`tagboat promote --due${skipNote}`, () => {
  it('takes a commit from dev over staging to production, after soaking, in office hours, over the change to summer time', async () => {
    const { deliver, due, values } = await chain({
      production: "soak: 2h, windows: 'Mon-Fri 09:00-17:00 Europe/Berlin', freeze: '2026-03-31'",
    });
    const first = await deliver('2026-03-27T14:00:00Z');
    const early = await due('2026-03-27T14:29:59Z');
    expect(early).toMatchObject({ exitCode: 0, commits: [] });
    expect(why(early)).toEqual({ staging: 'soaking 2026-03-27T14:30:00.000Z', production: 'nothing' });
    const staged = await due('2026-03-27T14:30:00Z');
    expect(why(staged)).toEqual({ staging: 'due', production: 'nothing' });
    expect(staged).toMatchObject({ exitCode: 0, commits: [{ is: 'landed', delivery: 'staging' }] });
    expect(why(await due('2026-03-27T16:00:00Z'))).toEqual({
      staging: 'nothing',
      production: 'soaking 2026-03-27T16:30:00.000Z, closed 2026-03-30T07:00:00.000Z',
    });
    const second = await deliver('2026-03-30T06:00:00Z');
    expect(why(await due('2026-03-30T06:59:59Z', {}, ['production']))).toEqual({
      production: 'closed 2026-03-30T07:00:00.000Z',
    });
    // Both at once, each by what was there at the start.
    const both = await due('2026-03-30T07:00:00Z');
    expect(why(both)).toEqual({ staging: 'due', production: 'due' });
    expect(both.commits.map(({ is, delivery }) => [is, delivery])).toEqual([
      ['landed', 'production'],
      ['landed', 'staging'],
    ]);
    expect(await values()).toEqual([second, second, first]);
    expect(why(await due('2026-03-31T10:00:00Z'))).toEqual({
      staging: 'nothing',
      production: 'frozen 2026-03-31T22:00:00.000Z',
    });
    expect(why(await due('2026-04-01T07:00:00Z'))).toEqual({ staging: 'nothing', production: 'due' });
    expect(await values()).toEqual([second, second, second]);
    const over = await due('2026-04-01T08:00:00Z');
    expect(over).toMatchObject({ exitCode: 0, commits: [] });
    expect(why(over)).toEqual({ staging: 'nothing', production: 'nothing' });
  });

  it('does the same between config repos of their own, at once', async () => {
    const { deliver, due, values } = await chain({ apart: true, staging: 'soak: 30m', production: 'soak: 30m' });
    const first = await deliver('2026-06-01T08:00:00Z');
    await due('2026-06-01T09:00:00Z');
    const second = await deliver('2026-06-01T10:00:00Z');
    const both = await due('2026-06-01T11:00:00Z');
    expect(both).toMatchObject({ exitCode: 0, errors: [] });
    expect(await values()).toEqual([second, second, first]);
  });

  it('is told by status and where: soaking, outside of the hours, frozen, due, and nothing of what is there', async () => {
    const { at, deliver, due } = await chain({
      production: "soak: 2h, windows: 'Mon-Fri 09:00-17:00 Europe/Berlin', freeze: '2026-03-31'",
    });
    await deliver('2026-03-27T14:00:00Z');
    const look = async (time: string) => {
      const [stood, found] = [
        await here(status(common, undefined), { ...at(time), command: 'status' }),
        await here(where(common, undefined), { ...at(time), command: 'where' }),
      ];
      expect([...stood.errors, ...found.errors]).toEqual([]);
      const { rows } = stood.value as StatusValue;
      const { deliveries } = found.value as WhereValue;
      const words = deliveries.map(({ obstacles }) =>
        obstacles
          .map((one) => (one.is === 'notPromoted' ? (word(one.candidate) ?? `after ${one.after}`) : one.is))
          .join(),
      );
      const told = rows.map(({ candidate }) => word(candidate) ?? '');
      return { told, words };
    };
    const word = (one: Candidate | undefined): string | undefined =>
      one && why({ value: { candidates: [one] } })[one.delivery];
    expect(await look('2026-03-27T14:10:00Z')).toEqual({
      told: ['', 'soaking 2026-03-27T14:30:00.000Z', ''],
      words: ['', 'soaking 2026-03-27T14:30:00.000Z', 'after staging'],
    });
    expect(await look('2026-03-27T14:30:00Z')).toMatchObject({
      told: ['', 'due', ''],
      words: ['', 'due', 'after staging'],
    });
    await due('2026-03-27T14:30:00Z');
    const late = 'soaking 2026-03-27T16:30:00.000Z, closed 2026-03-30T07:00:00.000Z';
    expect(await look('2026-03-27T16:00:00Z')).toEqual({ told: ['', '', late], words: ['', '', late] });
    const frozen = 'frozen 2026-03-31T22:00:00.000Z';
    expect(await look('2026-03-31T10:00:00Z')).toEqual({ told: ['', '', frozen], words: ['', '', frozen] });
    await due('2026-04-01T07:00:00Z');
    expect(await look('2026-04-01T08:00:00Z')).toEqual({ told: ['', '', ''], words: ['', '', ''] });
  });

  it('whose places can not be paired is told as that by status and where, and keeps nothing else back', async () => {
    const { app, deliver, at } = await chain();
    const text = await readFile(join(app, 'tagboat.yaml'), 'utf8');
    await writeFile(
      join(app, 'tagboat.yaml'),
      text.replace("staging/values.yaml: { .web.tag: '{commit}'", "staging/values.yaml: { .web.tag: 'v-{shortCommit}'"),
    );
    await deliver('2026-06-01T08:00:00Z');
    const told = { candidate: { due: false, notYet: [{ is: 'unknown', why: expect.stringContaining('staging') }] } };
    const stood = await here(status(common, undefined), { ...at('2026-06-01T09:00:00Z'), command: 'status' });
    expect(stood).toMatchObject({ exitCode: 0, errors: [], value: { rows: [{ delivery: 'dev' }, told, {}] } });
    const found = await here(where(common, undefined), { ...at('2026-06-01T09:00:00Z'), command: 'where' });
    expect(found).toMatchObject({
      ...{ exitCode: 0, errors: [] },
      value: { deliveries: [{ is: 'there' }, { obstacles: [{ is: 'notPromoted', ...told }] }, {}] },
    });
  });

  it('makes a branch that is to be made, also where it would begin with these values', async () => {
    const { host, app, deliver, due, at } = await chain();
    const text = await readFile(join(app, 'tagboat.yaml'), 'utf8');
    const made = text.replace(/(staging: .*) }\n/, '$1, branch: release, createBranch: { from: main } }\n');
    await writeFile(join(app, 'tagboat.yaml'), made.replaceAll('staging/values.yaml', 'dev/values.yaml'));
    const commit = await deliver('2026-06-01T08:00:00Z');
    const told = await here(status(common, 'staging'), { ...at('2026-06-01T08:10:00Z'), command: 'status' });
    expect(told.errors).toEqual([]);
    expect((told.value as StatusValue).rows).toMatchObject([
      { value: undefined, candidate: { notYet: [{ is: 'soaking' }], values: [{ now: undefined, to: commit }] } },
    ]);
    expect(await due('2026-06-01T09:00:00Z', {}, ['staging'])).toMatchObject({ exitCode: 0, errors: [] });
    expect(await host.git('config', 'show', 'release:dev/values.yaml')).toContain(commit);
    expect(why(await due('2026-06-01T10:00:00Z', {}, ['staging']))).toEqual({ staging: 'nothing' });
  });

  it('shows with --check what is due and the diff, and writes nothing', async () => {
    const { host, deliver, due } = await chain();
    const source = await deliver('2026-06-01T08:00:00Z');
    const tip = await host.git('config', 'rev-parse', 'main');
    const checked = await due('2026-06-01T09:00:00Z', { check: true });
    expect(checked.value).toMatchObject({
      candidates: [
        { delivery: 'staging', due: true, values: [{ now: 'none', to: source }] },
        { delivery: 'production', due: false },
      ],
      deliveries: [{ delivery: 'staging', changes: [{ before: 'none', after: source }] }],
      pairs: [{ from: { file: 'dev/values.yaml' }, to: { file: 'staging/values.yaml' } }],
    });
    expect(await host.git('config', 'rev-parse', 'main')).toBe(tip);
  });

  it('leaves alone what is held, older than what is there, or was set by hand', async () => {
    const { app, at, deliver, due, byHand, value } = await chain();
    await deliver('2026-06-01T08:00:00Z');
    await here(hold(common, 'staging', { why: 'load test', until: '2d' }), at('2026-06-01T08:30:00Z'));
    expect(why(await due('2026-06-01T09:00:00Z'))).toEqual({ staging: 'held', production: 'nothing' });
    await git(app, ...who, 'commit', '--quiet', '--allow-empty', '-m', 'newer');
    const newer = (await git(app, 'rev-parse', 'HEAD')).trim();
    await byHand('staging', newer);
    expect(why(await due('2026-06-04T09:00:00Z')).staging).toBe('older');
    expect(await value('staging')).toBe(newer);
    await byHand('dev', 'try-this');
    expect(why(await due('2026-06-05T09:00:00Z')).staging).toContain('byHand');
  });

  it('starts the time anew for another value, and not for the same value set again', async () => {
    const { deliver, due } = await chain();
    await deliver('2026-06-01T08:00:00Z');
    await deliver('2026-06-01T08:20:00Z');
    expect(why(await due('2026-06-01T08:45:00Z')).staging).toBe('soaking 2026-06-01T08:50:00.000Z');
  });

  it('is never due where the history does not say since when, and says so', async () => {
    const { due, byHand } = await chain();
    await byHand('dev', 'v1');
    const done = await due('2026-06-01T09:00:00Z');
    expect(done).toMatchObject({ exitCode: 6, errors: [{ code: 'PROMOTION_UNDECIDED' }], commits: [] });
    expect(why(done)).toEqual({ staging: 'unknown', production: 'nothing' });
  });

  it.each([
    ['before 1970', '-2147483648'],
    ['too long for any clock', '99999999999999999999'],
    ['not there', ''],
    ['years before the commit below it', '1704067200'],
  ])('is unknown where the delivery’s commit has a time that is %s, until a later commit shows that it stands', async (_, seconds) => {
    const { host, deliver, due, values, byHand } = await chain();
    const one = await deliver('2026-03-03T09:00:00Z');
    const text = await host.git('config', 'cat-file', 'commit', 'main');
    const odd = text.replace(/^(committer .*> )\d+/m, `$1${seconds}`);
    const dir = host.repoDir('config');
    const args = ['-C', dir, 'hash-object', '-t', 'commit', '-w', '--stdin', '--literally'];
    const id = execFileSync('git', args, { input: odd, encoding: 'utf8' }).trim();
    await host.git('config', 'update-ref', 'refs/heads/main', id);
    const asked = await due('2026-03-03T09:00:10Z', {}, ['staging']);
    expect(asked.errors).toMatchObject([{ code: 'PROMOTION_UNDECIDED' }]);
    expect(why(asked)).toEqual({ staging: 'unknown' });
    expect(await values()).toEqual([one, 'none', 'none']);
    await byHand('other', 'x');
    expect(why(await due('2027-03-03T09:00:00Z', { check: true }, ['staging']))).toEqual({ staging: 'due' });
  });

  it('tells of one config repo that cannot be read, and promotes the rest', async () => {
    const { host, deliver, due, value } = await chain({ apart: true, production: 'soak: 30m' });
    const source = await deliver('2026-06-01T08:00:00Z');
    await host.git('production', 'update-ref', '-d', 'refs/heads/main');
    const done = await due('2026-06-01T09:00:00Z');
    expect(done.exitCode).toBe(6);
    expect(why(done)).toEqual({ staging: 'due', production: 'unknown' });
    expect(await value('staging')).toBe(source);
  });

  it('decides again when its source moves while it is being landed', async () => {
    const { deliver, due, byHand, values } = await chain();
    const source = await deliver('2026-06-01T08:00:00Z');
    const raced = await due('2026-06-01T09:00:00Z', {}, [], (own) => ({
      http: beforePush(own.http, () => byHand('dev', 'broken')),
    }));
    expect(raced).toMatchObject({ exitCode: 0, errors: [], commits: [] });
    expect(why(raced).staging).toContain('byHand');
    expect(raced.events.flatMap((one) => (one.type === 'notice' ? [one.code] : []))).toContain(
      'PROMOTION_DECIDED_AGAIN',
    );
    expect(await values()).toEqual(['broken', 'none', 'none']);
    expect(source).toHaveLength(40);
  });

  it('does so between config repos of their own, when the push has to be tried again', async () => {
    const { host, deliver, due, byHand, values } = await chain({ apart: true });
    await deliver('2026-06-01T08:00:00Z');
    const raced = await due('2026-06-01T09:00:00Z', {}, [], (own) => ({
      http: beforePush(own.http, async () => {
        await byHand('dev', 'broken');
        await host.commit('staging', { files: { 'notes.md': 'another writer' } });
      }),
    }));
    expect(raced).toMatchObject({ exitCode: 0, commits: [] });
    expect(await values()).toEqual(['broken', 'none', 'none']);
  });

  it('never lands what came between deciding and reading, and has not soaked', async () => {
    const { host, app, deliver, due, value } = await chain();
    const old = await deliver('2026-06-01T08:00:00Z');
    await git(app, ...who, 'commit', '--quiet', '--allow-empty', '-m', 'new');
    const fresh = (await git(app, 'rev-parse', 'HEAD')).trim();
    let asked = 0;
    const raced = await due('2026-06-01T12:00:00Z', {}, ['staging'], (own) => ({
      http: async (request) => {
        asked += request.method === 'POST' && String(request.url).endsWith('/git-upload-pack') ? 1 : 0;
        if (asked === 3) {
          asked += 1;
          await host.commit('config', {
            files: { 'dev/values.yaml': `web:\n  tag: ${fresh}   # by CI\n` },
            time: Date.parse('2026-06-01T12:00:00Z') / 1_000,
            message: `Update\n\nTagboat-Delivery: dev\nTagboat-Set: dev/values.yaml:.web.tag=${fresh}\nTagboat-Source: https://git.test/acme/shop@${fresh}\n`,
          });
        }
        return own.http(request);
      },
    }));
    expect(asked).toBeGreaterThan(3);
    expect(raced).toMatchObject({ exitCode: 0, commits: [] });
    expect(why(raced)).toEqual({ staging: 'soaking 2026-06-01T12:30:00.000Z' });
    expect([await value('staging'), old]).not.toContain(fresh);
  });

  it('soaks anew what was delivered again after somebody changed it by hand', async () => {
    const { at, byHand, deliver, due } = await chain();
    await deliver('2026-06-01T08:00:00Z');
    await byHand('dev', 'broken');
    const again = await here(
      commit(common, { branch: 'main', set: [], create: false, force: true }),
      at('2026-06-01T11:59:00Z'),
    );
    expect(again).toMatchObject({ exitCode: 0, commits: [{ is: 'landed' }] });
    expect(why(await due('2026-06-01T12:00:00Z', {}, ['staging']))).toEqual({
      staging: 'soaking 2026-06-01T12:29:00.000Z',
    });
  });

  it.each([
    ['that somebody took back and then brought back', ['none', 'back'], '12:00'],
    ['that others’ commits left as it was', ['back', 'back'], '08:00'],
    ['that was brought back, before others’ commits left it so', ['none', 'back', 'back'], '12:00'],
  ])('counts from when a value came to be there %s', async (_, tags, since) => {
    const { deliver, due, byHandAt, values } = await chain({ staging: 'soak: 6h' });
    const value = await deliver('2026-06-01T08:00:00Z');
    const times = ['08:10', '12:00', '13:00'];
    for (const [at, tag] of tags.entries())
      await byHandAt(`2026-06-01T${times[at]}:00Z`, 'dev', tag === 'back' ? value : tag);
    const early = await due('2026-06-01T13:01:00Z', {}, ['staging']);
    const until = new Date(Date.parse(`2026-06-01T${since}:00Z`) + 6 * 3_600_000).toISOString();
    expect(why(early)).toEqual({ staging: `soaking ${until}` });
    expect(await values()).toEqual([value, 'none', 'none']);
    expect(why(await due(until, { check: true }, ['staging']))).toEqual({ staging: 'due' });
  });

  it('sees values and holds of the branch from which one is to be made', async () => {
    const { host, app, at, deliver, due, byHand } = await chain();
    const text = await readFile(join(app, 'tagboat.yaml'), 'utf8');
    await writeFile(
      join(app, 'tagboat.yaml'),
      text.replace(/(staging: .*) }\n/, '$1, branch: stage, createBranch: { from: main } }\n'),
    );
    await deliver('2026-06-01T08:00:00Z');
    await git(app, ...who, 'commit', '--quiet', '--allow-empty', '-m', 'newer');
    const newer = (await git(app, 'rev-parse', 'HEAD')).trim();
    await byHand('staging', newer);
    expect(await due('2026-06-01T09:00:00Z', {}, ['staging'])).toMatchObject({ exitCode: 0, errors: [], commits: [] });
    expect(why(await due('2026-06-01T09:00:00Z', {}, ['staging']))).toEqual({ staging: 'older' });
    await byHand('staging', 'none');
    await writeFile(join(app, 'tagboat.yaml'), text);
    await here(hold(common, 'staging', { why: 'load test', until: '2d' }), at('2026-06-01T09:10:00Z'));
    await writeFile(
      join(app, 'tagboat.yaml'),
      text.replace(/(staging: .*) }\n/, '$1, branch: stage, createBranch: { from: main } }\n'),
    );
    expect(why(await due('2026-06-01T10:00:00Z', {}, ['staging']))).toEqual({ staging: 'held' });
    expect(await host.git('config', 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main\n');
  });

  it('lands all the same when something else moved', async () => {
    const { host, deliver, due, value } = await chain();
    const source = await deliver('2026-06-01T08:00:00Z');
    const raced = await due('2026-06-01T09:00:00Z', {}, [], (own) => ({
      http: beforePush(own.http, () => host.commit('config', { files: { 'notes.md': 'another writer' } })),
    }));
    expect(raced).toMatchObject({ exitCode: 0, commits: [{ is: 'landed', delivery: 'staging' }] });
    expect(await value('staging')).toBe(source);
  });

  it('leaves nothing half done when it is killed between reading and pushing, and the next run does it', async () => {
    const { host, deliver, due, value } = await chain();
    const source = await deliver('2026-06-01T08:00:00Z');
    const tip = await host.git('config', 'rev-parse', 'main');
    const killed = await due('2026-06-01T09:00:00Z', {}, [], (own) => ({
      http: beforePush(own.http, async () => {
        own.abort(new Error('killed'));
        throw own.signal.reason;
      }),
    }));
    expect(killed.exitCode).not.toBe(0);
    expect(await host.git('config', 'rev-parse', 'main')).toBe(tip);
    expect(await host.git('config', 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main\n');
    expect(await due('2026-06-01T09:01:00Z')).toMatchObject({ exitCode: 0, commits: [{ is: 'landed' }] });
    expect(await value('staging')).toBe(source);
  });

  it.each([
    ['a delivery that there is not', ['prod'], {}],
    ['one that runs deliver to', ['dev'], {}],
    ['a force that it has not', [], { force: true }],
    ['all besides', ['staging'], { all: true }],
  ] as const)('refuses %s', async (_, names, options) => {
    const { due } = await chain();
    expect(await due('2026-06-01T09:00:00Z', options, names)).toMatchObject({
      exitCode: 2,
      errors: [{ code: 'USAGE' }],
    });
  });
});
