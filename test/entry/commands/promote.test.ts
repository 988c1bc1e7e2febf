import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commit } from '../../../src/entry/commands/commit.ts';
import { hold } from '../../../src/entry/commands/hold.ts';
import type { PromoteOptions } from '../../../src/entry/commands/promote/named.ts';
import { promote } from '../../../src/entry/commands/promote/promote.ts';
import { git, gitHost, noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { type HereResult, here } from '../../support/here.ts';

const common = { json: true, quiet: false, color: false, jobs: 1 };

/** An app repo that delivers to two places of a config repo, from a branch each. */
async function place(production = 'production/values.yaml: { .front.imageTag: "{commit}" }') {
  const host = await gitHost();
  const repo = await host.createRepo('config', {
    files: {
      'staging/values.yaml': 'front:\n  imageTag: none   # by CI\n',
      'production/values.yaml': '# careful\nfront:\n  imageTag: none\n  tag: none\n',
    },
  });
  const app = await tempDir();
  await git(app, 'init', '--quiet', '--initial-branch=staging');
  await writeFile(
    join(app, 'tagboat.yaml'),
    `deliveries:
  staging: { repo: "${repo}", from: staging, set: { staging/values.yaml: { .front.imageTag: "{commit}" } } }
  production: { repo: "${repo}", from: production, set: { ${production} } }
`,
  );
  const commitApp = async (): Promise<string> => {
    await git(app, 'add', '.');
    await git(app, '-c', 'user.name=Ada', '-c', 'user.email=a@b.test', 'commit', '--quiet', '--allow-empty', '-m', 'x');
    return (await git(app, 'rev-parse', 'HEAD')).trim();
  };
  const deliver = async (): Promise<string> => {
    const source = await commitApp();
    const done = await here(commit(common, { branch: 'main', set: [], create: false }), { cwd: app });
    expect(done.errors).toEqual([]);
    return source;
  };
  const go = (options: PromoteOptions = {}): Promise<HereResult> =>
    here(promote(common, ['staging', 'production'], options), { command: 'promote', cwd: app });
  const values = () => host.git('config', 'show', 'main:production/values.yaml');
  return { host, app, deliver, go, production: values };
}

describe.skipIf(noHttpBackend !== undefined)(`tagboat promote${skipNote}`, () => {
  it('is of the newest commit that set any of its values, so that none goes back to an older one unseen', async () => {
    const host = await gitHost();
    const body = 'web: none\napi: none\n';
    const repo = await host.createRepo('config', { files: { 'dev.yaml': body, 'staging.yaml': body } });
    const app = await tempDir();
    await git(app, 'init', '--quiet', '--initial-branch=main');
    const set = (name: string) => `set: { ${name}.yaml: { .web: '{tag.web}', .api: '{tag.api}' } }`;
    await writeFile(
      join(app, 'tagboat.yaml'),
      `registry: ghcr.io/acme\nimages: { web: { context: . }, api: { context: . } }\ndeliveries:\n  dev: { from: main, repo: '${repo}', ${set('dev')} }\n  staging: { after: dev, repo: '${repo}', ${set('staging')} }\n`,
    );
    const commits: string[] = [];
    for (let at = 0; at < 4; at += 1) {
      await git(app, 'add', '.');
      await git(app, '-c', 'user.name=A', '-c', 'user.email=a@b.test', 'commit', '-q', '--allow-empty', '-m', `${at}`);
      commits.push((await git(app, 'rev-parse', 'HEAD')).trim());
    }
    const put = (values: { readonly web: string; readonly api: string }, changed: readonly string[], of: number) =>
      host.commit('config', {
        files: { 'dev.yaml': `web: ${values.web}\napi: ${values.api}\n` },
        message: `Update\n\nTagboat-Delivery: dev\n${changed.map((one) => `Tagboat-Set: dev.yaml:${one}\n`).join('')}Tagboat-Source: https://git.test/acme/shop@${commits[of]}\n`,
      });
    const go = () => here(promote(common, ['dev', 'staging'], {}), { command: 'promote', cwd: app });
    await put({ web: 'v0', api: 'v0' }, ['.web=v0', '.api=v0'], 0);
    await put({ web: 'v0', api: 'v3' }, ['.api=v3'], 3);
    expect(await go()).toMatchObject({ exitCode: 0, commits: [{ is: 'landed' }] });
    await put({ web: 'v0', api: 'v2' }, ['.api=v2'], 2);
    expect(await go()).toMatchObject({ commits: [{ is: 'superseded' }] });
    expect(await host.git('config', 'show', 'main:staging.yaml')).toBe('web: v0\napi: v3\n');
  });

  it('sets the next place to what the first one has, and tells where that came from', async () => {
    const { host, deliver, go, production } = await place();
    const source = await deliver();
    expect(await go({ why: 'tested' })).toMatchObject({
      exitCode: 0,
      commits: [{ is: 'landed', delivery: 'production' }],
    });
    expect(await production()).toBe(`# careful\nfront:\n  imageTag: ${source}\n  tag: none\n`);
    const message = await host.git('config', 'log', '-1', '--format=%B', 'main');
    expect(message).toMatch(/^Promote .* from staging to production\n\ntested/);
    expect(message).toMatch(new RegExp(`^Tagboat-Source: .*${source}$`, 'm'));
    expect(await go()).toMatchObject({ exitCode: 0, commits: [{ is: 'unchanged' }] });
  });

  it('never puts an older commit over a newer one, unless told to', async () => {
    const { app, host, deliver, go } = await place();
    await deliver();
    const newer = (
      await git(
        app,
        '-c',
        'user.name=A',
        '-c',
        'user.email=a@b.test',
        'commit',
        '--quiet',
        '--allow-empty',
        '-m',
        'y',
      ).then(() => git(app, 'rev-parse', 'HEAD'))
    ).trim();
    await host.commit('config', { files: { 'production/values.yaml': `front:\n  imageTag: ${newer}\n` } });
    expect(await go()).toMatchObject({ exitCode: 0, commits: [{ is: 'superseded', by: newer }] });
    expect(await go({ force: true })).toMatchObject({ exitCode: 0, commits: [{ is: 'landed' }] });
  });

  it('is held where somebody holds the place', async () => {
    const { app, deliver, go } = await place();
    await deliver();
    await here(hold(common, 'production', { why: 'freeze' }), { cwd: app });
    expect(await go()).toMatchObject({ exitCode: 0, commits: [{ is: 'held', why: 'freeze' }] });
  });

  it('pairs places one by one where no path is the same', async () => {
    const { deliver, go, production } = await place('production/values.yaml: { .front.tag: "{commit}" }');
    const source = await deliver();
    await go();
    expect(await production()).toContain(`  tag: ${source}`);
  });

  it('shows with --check whose value goes where, and writes nothing', async () => {
    const { host, deliver, go } = await place();
    const source = await deliver();
    const tip = await host.git('config', 'rev-parse', 'main');
    const checked = await go({ check: true });
    expect(checked.exitCode).toBe(0);
    expect(checked.events.find(({ type }) => type === 'commit.previewed')).toMatchObject({
      preview: { delivery: 'production', changes: [{ before: 'none', after: source }] },
    });
    expect(await host.git('config', 'rev-parse', 'main')).toBe(tip);
  });

  it('refuses what has no counterpart, and names that aren’t there', async () => {
    const { app, deliver, go } = await place('production/values.yaml: { .front.imageTag: x, .front.tag: y }');
    await deliver();
    expect(await go()).toMatchObject({ exitCode: 2, errors: [{ code: 'PROMOTE_UNPAIRED' }] });
    expect(await here(promote(common, ['stagin', 'production'], {}), { cwd: app })).toMatchObject({
      errors: [{ code: 'USAGE' }],
    });
  });
});
