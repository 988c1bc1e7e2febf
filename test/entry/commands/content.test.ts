import { describe, expect, it, onTestFinished } from 'vitest';
import { commit } from '../../../src/entry/commands/commit.ts';
import { plan } from '../../../src/entry/commands/plan.ts';
import { ship } from '../../../src/entry/commands/ship.ts';
import type { Body } from '../../../src/entry/run/session.ts';
import type { ImageOutcome } from '../../../src/plan/outcome.ts';
import { isPush } from '../../commit/landing.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { type Town, town } from '../../support/cli.ts';
import { git, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { type HereResult, here } from '../../support/here.ts';
import { startOwnRegistry } from '../../support/registries.ts';

const common = { json: true, quiet: false, color: false, jobs: 2 };

/** Two services whose tags say what they are made of. */
async function services(change: (text: string) => string = (text) => text) {
  const built = await town();
  const text = (await git(built.app, 'show', 'HEAD:tagboat.yaml'))
    .replace('images:', 'tag: "{content}"\nimages:')
    .replace('.front.imageTag: "{tag}"', '.front.imageTag: "{tag.app}", .back: "{tag.web}"')
    .replace(/\n$/, '\n    create: true\n');
  await built.write({ 'tagboat.yaml': change(text) });
  const first = await built.commit('By content');
  return { built, first };
}

const run = (built: Town, body: Body, command: string): Promise<HereResult & { images: readonly ImageOutcome[] }> => {
  let images: readonly ImageOutcome[] = [];
  const seen: Body = async (session) => {
    const ending = await body(session);
    images = (ending.value as { images?: readonly ImageOutcome[] } | null)?.images ?? [];
    return ending;
  };
  return here(seen, { command, cwd: built.app, env: built.env }).then((done) => ({ ...done, images }));
};
const shipped = (built: Town) => run(built, ship(common), 'ship');
const valuesOf = async ({ host }: Town) => {
  const text = await host.git('config', 'show', 'main:main/values.yaml');
  return [/imageTag: "?(\w+)/.exec(text)?.[1], /back: "?(\w+)/.exec(text)?.[1]];
};
const goTo = ({ app }: Town, commit: string) => git(app, 'reset', '--quiet', '--hard', commit);

describe.skipIf(noHttpBackend !== undefined)(`tags by content${skipNote}`, () => {
  it('change for what changed alone: the other service keeps its tag, and a commit that changes neither is no config commit', async () => {
    const { built } = await services();
    expect((await shipped(built)).commits).toMatchObject([{ is: 'landed' }]);
    const [front, back] = await valuesOf(built);
    expect([front, back]).toEqual([expect.stringMatching(/^[0-9a-f]{20}$/), expect.stringMatching(/^[0-9a-f]{20}$/)]);
    await built.write({ 'web/index.html': '<h1>changed</h1>\n' });
    await built.commit('Change web');
    const { commits } = await shipped(built);
    expect(commits).toMatchObject([{ is: 'landed', changes: [{ path: '.back', before: back }] }]);
    expect((await valuesOf(built))[0]).toBe(front);
    await built.write({ 'README.md': 'The shop.\n' });
    await built.commit('Tell');
    const before = built.registry.requests.length;
    const { commits: none, exitCode } = await shipped(built);
    expect([exitCode, none]).toMatchObject([0, [{ is: 'unchanged' }]]);
    const manifests = built.registry.requests.slice(before).filter(({ method }) => method === 'PUT');
    expect(manifests).toEqual([]);
  });

  it('never go back to older content by an older run, and go back by a newer commit', async () => {
    const { built, first } = await services();
    await shipped(built);
    const [before] = await valuesOf(built);
    await built.write({ 'app/hello': 'changed\n' });
    const second = await built.commit('Change app');
    expect((await shipped(built)).commits).toMatchObject([{ is: 'landed' }]);
    const [changed] = await valuesOf(built);
    await goTo(built, first);
    expect((await shipped(built)).commits).toMatchObject([{ is: 'superseded', by: second }]);
    expect((await valuesOf(built))[0]).toBe(changed);
    await goTo(built, second);
    await built.write({ 'app/hello': 'hello\n' });
    await built.commit('Revert');
    const reverted = await shipped(built);
    expect(reverted.images[0]?.is).toBe('reused');
    expect(reverted.commits).toMatchObject([{ is: 'landed', changes: [{ before: changed, after: before }] }]);
  });

  it('a revert that finds its values there already is known: the run of what it took back comes too late', async () => {
    const { built } = await services();
    await shipped(built);
    const [before] = await valuesOf(built);
    await built.write({ 'app/hello': 'bad\n' });
    const bad = await built.commit('Break app');
    await built.write({ 'app/hello': 'hello\n' });
    const revert = await built.commit('Revert');
    const count = () => built.host.git('config', 'rev-list', '--count', 'main');
    const commits = await count();
    expect((await shipped(built)).commits).toMatchObject([{ is: 'unchanged' }]);
    await goTo(built, bad);
    expect((await shipped(built)).commits).toMatchObject([{ is: 'superseded', by: revert }]);
    expect([(await valuesOf(built))[0], await count()]).toEqual([before, commits]);
    // Known once, it is not kept again.
    await goTo(built, revert);
    const requests = built.host.requests.length;
    expect((await shipped(built)).commits).toMatchObject([{ is: 'unchanged' }]);
    expect(built.host.requests.slice(requests).filter(isPush)).toEqual([]);
    await built.write({ 'app/hello': 'better\n' });
    await built.commit('Mend app');
    expect((await shipped(built)).commits).toMatchObject([{ is: 'landed', changes: [{ before }] }]);
  });

  it('are shown by a plan with the values that it would write, and what only the build tells as the template has it', async () => {
    const { built } = await services((text) => text.replace('web/Dockerfile,', 'web/Dockerfile, refresh: always,'));
    const { commits: _, events } = await run(built, plan(common), 'plan');
    const preview = events.find((event) => event.type === 'commit.previewed');
    const after = preview?.type === 'commit.previewed' ? preview.preview.changes.map((change) => change.after) : [];
    expect(after).toEqual([expect.stringMatching(/^[0-9a-f]{20}$/), '{tag.web}']);
    const { images } = await shipped(built);
    expect((await valuesOf(built))[0]).toBe(after[0]);
    const web = images.find(({ name }) => name === 'web');
    expect(web?.reference).toMatch(new RegExp(`:${(web as { digest?: string }).digest?.slice(7, 27)}$`));
    expect((await valuesOf(built))[1]).toBe(web?.reference.split(':').at(-1));
  });

  it('belong to files that nobody committed, too', async () => {
    const { built } = await services();
    await shipped(built);
    const [before] = await valuesOf(built);
    await built.write({ 'app/hello': 'not committed\n' });
    await shipped(built);
    const [now] = await valuesOf(built);
    expect(now).toMatch(/^[0-9a-f]{20}$/);
    expect(now).not.toBe(before);
  });
});

describe.skipIf(noHttpBackend !== undefined)(`an image that something else built${skipNote}`, () => {
  const other = async () => {
    const elsewhere = await startOwnRegistry();
    onTestFinished(() => elsewhere.close());
    const { host } = elsewhere;
    const made = (tag: string, body: string) =>
      pushBaseImage(host, { repository: 'acme/web', tag, layers: [[{ name: 'web', body }]] });
    return { elsewhere, host, made };
  };

  it('is delivered as any other, by ship and by commit, and nothing is pushed for it', async () => {
    const { elsewhere, host, made } = await other();
    const { built } = await services((text) =>
      text
        .replace(/web: \{.*\}/, `web: { from: "${host}/acme/web:{commit}", platforms: [linux/amd64] }`)
        .replace('.back: "{tag.web}"', '.back: "{image.web}@{digest.web}"'),
    );
    const first = (await git(built.app, 'rev-parse', 'HEAD')).trim();
    const missing = await shipped(built);
    expect(missing.errors).toMatchObject([{ code: 'IMAGE_NOT_FOUND', about: ['web'] }]);
    const { digest } = await made(first, 'web');
    const before = elsewhere.requests.length;
    expect((await shipped(built)).commits).toMatchObject([
      { is: 'landed', changes: [{}, { after: `${host}/acme/web:${first}@${digest}` }] },
    ]);
    expect(elsewhere.requests.slice(before).every(({ method }) => method === 'GET' || method === 'HEAD')).toBe(true);
  });

  it('is named by an option in place of what the config has, and one that the config does not name is refused', async () => {
    const { host, made } = await other();
    const { built } = await services((text) => text.replace('.front.imageTag: "{tag.app}", ', ''));
    const { digest } = await made('v1', 'web');
    const image = (...image: string[]) =>
      run(built, commit({ ...common, image }, { branch: 'main', set: [], create: false }), 'commit');
    expect((await image(`web=${host}/acme/web:v1@${digest}`)).commits).toMatchObject([
      { is: 'landed', changes: [{ path: '.back', after: 'v1' }] },
    ]);
    expect((await image(`web=${host}/acme/web@${digest}`)).errors).toMatchObject([{ code: 'TEMPLATE_UNRESOLVED' }]);
    expect((await image(`other=${host}/acme/web:v1`)).errors).toMatchObject([{ code: 'USAGE' }]);
    expect((await image('web=acme/web')).errors).toMatchObject([{ code: 'USAGE' }]);
  });
});

describe.skipIf(noHttpBackend !== undefined)(`a gate before the commit${skipNote}`, () => {
  it('keeps what its check refuses from every config repo, and lets it through once the check ends well', async () => {
    const scanned = (program: string) => (text: string) =>
      text.replace('app/Dockerfile,', `app/Dockerfile, check: [${program}, "{image}"],`);
    const { built } = await services(scanned('"false"'));
    const { errors, commits, exitCode } = await shipped(built);
    expect([exitCode, commits, errors]).toMatchObject([4, [], [{ code: 'CHECK_FAILED', about: ['app'] }]]);
    expect(await built.host.git('config', 'rev-list', '--count', 'main')).toBe('1\n');
    const text = await git(built.app, 'show', 'HEAD:tagboat.yaml');
    await built.write({ 'tagboat.yaml': text.replace('"false"', '"true"') });
    await built.commit('Scan well');
    const done = await shipped(built);
    expect(done.images[0]?.is).toBe('reused');
    expect(done.commits).toMatchObject([{ is: 'landed' }]);
  });
});
