import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openKin } from '../../../src/commit/order/kin.ts';
import { type Lineage, openLineage } from '../../../src/commit/order/lineage.ts';
import type { Whose } from '../../../src/commit/order/trailers.ts';
import type { GitCredential } from '../../../src/plan.ts';
import type { Command, Finished } from '../../../src/wire/exec.ts';
import { WireFailure } from '../../../src/wire/failure.ts';
import { makeObject, type ObjectId, serialiseCommit, zeroId } from '../../../src/wire/git/pack/object.ts';
import { writePack } from '../../../src/wire/git/pack/pack.ts';
import { packet } from '../../../src/wire/git/pktline.ts';
import type { Http } from '../../../src/wire/http.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { jumpingClock, type TestWorld, testWorld } from '../../support/world.ts';
import { bot, tokenCredential } from '../landing.ts';

const ours = 'a1b2c3d4e5'.repeat(4);
const who = { ...bot, seconds: 1 };
const links = { tree: zeroId('sha1'), parents: [ours] };
const newer = makeObject('sha1', 'commit', serialiseCommit({ ...links, author: who, committer: who, message: 'Next' }));
const theirs = newer.id;
const elsewhere = makeObject(
  'sha1',
  'commit',
  serialiseCommit({ ...links, author: who, committer: who, message: 'Other' }),
);
const url = 'https://git.example/app.git';

interface Place {
  /** The exit code of git in the checkout, by what is asked: `theirs ours`, `ours theirs`, or the command. */
  readonly git?: Readonly<Record<string, number>>;
  readonly stdout?: string;
  readonly url?: string | undefined;
  readonly readers?: readonly (GitCredential | undefined)[];
  /** The host's answer to a token: a status, or the history that has theirs. */
  readonly host?: (authorization: string | undefined) => number | 'history' | 'elsewhere' | Error;
}

/** A lineage whose checkout and host answer as told, and what they were asked. */
function open(place: Place): {
  lineage: Lineage;
  world: TestWorld;
  commands: Command[];
  asked: (string | undefined)[];
} {
  const commands: Command[] = [];
  const asked: (string | undefined)[] = [];
  const nameOf = (id: string | undefined): string => (id === ours ? 'ours' : 'theirs');
  const exec = async (command: Command): Promise<Finished> => {
    commands.push(command);
    const [, , verb = '', , ...ids] = command.args;
    const key = verb === 'merge-base' ? ids.map(nameOf).join(' ') : command.args.includes('--verify') ? 'verify' : verb;
    const code = place.git?.[key] ?? 128;
    return { code, signal: null, stdout: place.stdout ?? '', stderr: '', missing: false };
  };
  const http: Http = async (request) => {
    asked.push(request.headers?.authorization);
    const answer = place.host?.(request.headers?.authorization) ?? 404;
    if (answer instanceof Error) throw answer;
    const pack = writePack([{ object: answer === 'elsewhere' ? elsewhere : newer }], 'sha1', false);
    const band = Buffer.concat([Buffer.from((pack.byteLength + 5).toString(16).padStart(4, '0')), Buffer.of(1), pack]);
    const body = Buffer.concat([Buffer.from(packet('packfile\n')), band, Buffer.from('0000')]);
    return {
      status: typeof answer === 'number' ? answer : 200,
      headers: { 'content-type': 'application/x-git-upload-pack-result' },
      body: Readable.from([typeof answer === 'number' ? Buffer.alloc(0) : body]),
      url: String(request.url),
    };
  };
  const world = testWorld({ exec, http, clock: jumpingClock() });
  const source = { dir: '/app', url: 'url' in place ? place.url : url, commit: ours };
  const lineage = openLineage(world, world.emit, source, place.readers ?? [undefined]);
  return { lineage, world, commands, asked };
}

const kin = (place: Place) => open(place).lineage.kinOf(theirs);

describe('what another commit is to ours', () => {
  it.each<[string, NonNullable<Place['git']>, string, string]>([
    ['an ancestor', { 'theirs ours': 0 }, '', 'ancestor'],
    ['a descendant', { 'theirs ours': 1, 'ours theirs': 0 }, '', 'descendant'],
    ['of another line', { 'theirs ours': 1, 'ours theirs': 1, 'rev-parse': 0 }, 'false\n', 'diverged'],
    ['not known to a shallow checkout', { 'theirs ours': 1, 'ours theirs': 1, 'rev-parse': 0 }, 'true\n', 'unknown'],
    ['not known where git fails the first time', { 'theirs ours': 128, 'ours theirs': 0 }, 'false\n', 'unknown'],
    [
      'not known where it fails the second time',
      { 'theirs ours': 1, 'ours theirs': 128, 'rev-parse': 0 },
      'false\n',
      'unknown',
    ],
  ])('is known from the checkout: %s', async (_, git, stdout, is) => {
    expect(await kin({ git, stdout })).toMatchObject({ is });
  });

  it('is asked of the checkout alone, with nothing there to lead it elsewhere', async () => {
    const { lineage, commands, asked } = open({ git: { 'theirs ours': 0 } });
    await lineage.kinOf(theirs);
    expect(asked).toEqual([]);
    expect(commands).toMatchObject([
      {
        args: ['-C', '/app', 'merge-base', '--is-ancestor', theirs, ours],
        env: { GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_NO_REPLACE_OBJECTS: '1', GIT_NO_LAZY_FETCH: '1' },
      },
    ]);
  });

  it('is asked once, and not at all about our own', async () => {
    const { lineage, commands } = open({ git: { 'theirs ours': 0 } });
    expect(await Promise.all([lineage.kinOf(theirs), lineage.kinOf(theirs)])).toHaveLength(2);
    expect(commands).toHaveLength(1);
    expect(await lineage.kinOf(ours)).toMatchObject({ is: 'same' });
    expect(commands).toHaveLength(1);
  });

  it('is known from the host where the checkout can’t tell', async () => {
    expect(await kin({ host: () => 'history' })).toMatchObject({
      is: 'descendant',
      why: expect.not.stringContaining(url),
    });
  });

  it.each([401, 403, 404])('is asked with the next credential where one gets a %i', async (status) => {
    const [wrong, right] = [tokenCredential('wrong', 'Bearer'), tokenCredential('right', 'Bearer')];
    const host = (authorization?: string) => (authorization === 'Bearer right' ? 'history' : status);
    const { lineage, asked } = open({ host, readers: [wrong, undefined, right] });
    expect(await lineage.kinOf(theirs)).toMatchObject({ is: 'descendant' });
    expect([...new Set(asked)]).toEqual(['Bearer wrong', undefined, 'Bearer right']);
    const why = async (readers: NonNullable<Place['readers']>) => (await kin({ host: () => status, readers })).why;
    // The first refusal is told, by the name of what was refused.
    expect(await why([wrong, undefined])).toMatch(new RegExp(`TAGBOAT_TOKEN.*${status}`));
    expect(await why([undefined, wrong])).not.toMatch(/TAGBOAT_TOKEN|undefined/);
  });

  it('is unknown where the host fails, and no other credential is tried', async () => {
    const { lineage, asked } = open({ host: () => 410, readers: [tokenCredential('a', 'Bearer'), undefined] });
    expect(await lineage.kinOf(theirs)).toMatchObject({ is: 'unknown', why: expect.stringContaining('410') });
    expect(new Set(asked).size).toBe(1);
  });

  it.each<[string | undefined, boolean]>([
    [undefined, false],
    ['ssh://git@git.example/app.git', false],
    ['file:///app.git', false],
    ['HTTP://git.example/app.git', true],
  ])('is asked of a host that can be asked: %s', async (at, can) => {
    const { lineage, asked } = open({ url: at, host: () => 'history' });
    expect(await lineage.kinOf(theirs)).toMatchObject({ is: can ? 'descendant' : 'unknown' });
    expect(asked).toHaveLength(can ? 1 : 0);
    const { why } = await lineage.kinOf(theirs);
    expect([why.includes('undefined'), can || why.includes(at ?? '')]).toEqual([false, true]);
  });

  it('is unknown where the host has another history', async () => {
    expect(await kin({ host: () => 'elsewhere' })).toMatchObject({ is: 'unknown', why: expect.stringContaining(url) });
  });

  it('is asked again of a host that fails for some seconds', async () => {
    let tries = 0;
    expect(await kin({ host: () => (++tries < 6 ? 503 : 'history') })).toMatchObject({ is: 'descendant' });
  });

  it('ends in the reason of a run that is stopped, and in no answer made up from it', async () => {
    const stopped = new Error('stopped');
    const { lineage, world } = open({
      host: () => {
        world.abort(stopped);
        return new WireFailure('cut', url);
      },
    });
    await expect(lineage.kinOf(theirs)).rejects.toBe(stopped);
  });

  it('ends in a fault of our own, which is no answer of the host', async () => {
    const fault = new TypeError('a fault');
    await expect(kin({ host: () => fault })).rejects.toBe(fault);
  });
});

it('a host that gave no answer at all is not asked about the next commit right away', async () => {
  let failure = new WireFailure('timeout', url, { message: 'it was silent', retryable: false });
  const { lineage, world, asked } = open({ host: () => failure });
  for (const id of [theirs, elsewhere.id, 'e'.repeat(40)])
    expect(await lineage.kinOf(id)).toMatchObject({ is: 'unknown', why: expect.stringContaining('it was silent') });
  expect(asked).toHaveLength(1);
  // It may be well again a while later.
  world.clock.advance(60_001);
  failure = new WireFailure('status', url, { message: 'it says no', status: 400, retryable: false });
  for (const id of ['d'.repeat(40), 'c'.repeat(40)])
    expect(await lineage.kinOf(id)).toMatchObject({ is: 'unknown', why: expect.stringContaining('it says no') });
});

describe('the whole id of a short one', () => {
  const wholeId = (short: string, place: Place) => open(place).lineage.wholeId(short);

  it('is ours where ours begins so, without asking', async () => {
    const { lineage, commands } = open({});
    expect(await lineage.wholeId(ours.slice(0, 7))).toBe(ours);
    expect(commands).toEqual([]);
  });

  it.each<[string, number, string, ObjectId | undefined]>([
    ['what the checkout has', 0, `${theirs}\n`, theirs],
    ['nothing where it has none', 1, '', undefined],
    ['nothing where git fails, whatever it prints', 128, `${theirs}\n`, undefined],
    ['nothing where it prints something else', 0, theirs.slice(0, 20), undefined],
    ['nothing where a branch of that name leads to another', 0, 'f'.repeat(40), undefined],
  ])('is %s', async (_, verify, stdout, id) => {
    expect(await wholeId(theirs.slice(0, 8), { git: { verify }, stdout })).toBe(id);
  });
});

it('a notice is told once a run', () => {
  const { lineage, world } = open({});
  const notice = { code: 'VALUE_OF_NO_COMMIT', data: { file: 'v.yaml', path: '.a' } } as const;
  for (const text of ['a', 'b', 'a']) lineage.tell('warning', text, notice);
  expect(world.events).toEqual(
    ['a', 'b'].map((message) => ({ type: 'notice', ...notice, level: 'warning', stage: 'commit', message })),
  );
});

describe.skipIf(noHttpBackend !== undefined)(`a pull request that was pushed over${skipNote}`, () => {
  it('is ordered by its head at the host, and an old run of it is the older one', async () => {
    const host = await gitHost();
    const remote = await host.createRepo('app', { files: { a: '1' } });
    const base = (await host.git('app', 'rev-parse', 'main')).trim();
    const on = async (content: string): Promise<ObjectId> => {
      await host.git('app', 'update-ref', 'refs/heads/topic', base);
      return host.commit('app', { branch: 'topic', files: { a: content } });
    };
    const [first, second] = [await on('2'), await on('3')];
    const world = testWorld();
    const of = (commit: ObjectId) => {
      const pullRequest = { number: 7, foreign: false, head: commit };
      const source = { dir: '/nonexistent', url: remote, commit: 'f'.repeat(40), pullRequest };
      return openLineage(world, world.emit, source, [undefined]);
    };
    const whose = { app: 'acme/app', delivery: 'main', number: '7' };
    const kin = async (lineage: Lineage, theirs: ObjectId, other: Whose | undefined = whose, own = whose) =>
      openKin(lineage, own)(theirs, async () => other);
    const [older, newer] = [of(first), of(second)];
    expect(newer.commit).toBe(second);
    // As long as no ref of the host's tells, they have gone separate ways.
    expect((await kin(newer, first)).is).toBe('diverged');
    await host.git('app', 'update-ref', 'refs/pull/7/head', second);
    expect(await kin(newer, first)).toMatchObject({ is: 'ancestor' });
    expect(await kin(older, second)).toMatchObject({ is: 'descendant', newest: second });
    expect(await kin(newer, base)).toMatchObject({ is: 'ancestor' });
    // Of another pull request, of another app's, of none, or of nobody knows what, it says nothing.
    for (const other of [
      { ...whose, number: '8' },
      { ...whose, app: 'acme/b' },
      { ...whose, number: undefined },
    ])
      expect((await kin(newer, first, other)).is).toBe('diverged');
    expect((await kin(newer, first, whose, { ...whose, number: undefined as never })).is).toBe('diverged');
    expect((await openKin(newer, whose)(first, async () => undefined)).is).toBe('diverged');
    // By the history alone they have gone separate ways whatever the head is, which is what `where` asks for.
    expect((await newer.kinOf(first)).is).toBe('diverged');
    // Each look at a tip asks anew: what was the head a moment ago may be pushed over by now.
    const third = await on('4');
    await host.git('app', 'update-ref', 'refs/pull/7/head', third);
    expect(await kin(newer, first)).toMatchObject({ is: 'descendant', newest: third });
    expect(await kin(newer, third)).toMatchObject({ is: 'descendant', newest: third });
  });
});
