import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { migrate } from '../../../src/entry/commands/adopt/migrate.ts';
import { tempDir } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';

const workflows = join(import.meta.dirname, 'workflows');
const path = '.github/workflows/deploy.yml';
const common = { json: true, quiet: false, color: false, jobs: 1 };
const unsaid = { check: false, force: false, wholeCommits: false };

/** An app repo whose pipeline is one of the cases, and what `tagboat migrate` does there. */
async function appWith(name: string, file = path, others: Readonly<Record<string, string>> = {}) {
  const dir = await tempDir();
  const text = await readFile(join(workflows, name), 'utf8');
  for (const [one, content] of Object.entries({ [file]: text, ...others })) {
    await mkdir(dirname(join(dir, one)), { recursive: true });
    await writeFile(join(dir, one), content);
  }
  const printed: string[] = [];
  const run = async (options: Partial<Parameters<typeof migrate>[2]> = {}, names = [file]) => {
    printed.length = 0;
    const body = migrate(common, names, { ...unsaid, ...options });
    return here((session) => body({ ...session, print: (one) => void printed.push(one as string) }), { cwd: dir });
  };
  const read = (one: string) => readFile(join(dir, one), 'utf8');
  const listed = async () => (await readdir(dir, { recursive: true })).filter((one) => /\.ya?ml$/.test(one)).sort();
  return { dir, text, run, read, listed, shown: () => printed.join('') };
}

describe('tagboat migrate', () => {
  it('writes the config and the workflow, and a second run finds nothing to take over', async () => {
    const app = await appWith('ghcr-build-push.yml');
    const done = await app.run();
    expect([done.exitCode, done.errors]).toEqual([0, []]);
    expect(await app.listed()).toEqual([path, 'tagboat.yaml']);
    expect(await app.read(path)).toContain('uses: tagboat/tagboat@');
    expect(await app.read('tagboat.yaml')).toContain('images:');
    const after = await app.read(path);
    expect((await app.run()).exitCode).toBe(0);
    expect([await app.read(path), app.shown()]).toEqual([after, '']);
  });

  it('with --check shows the diff, writes nothing, and ends as 2 while there is something to change', async () => {
    const app = await appWith('ghcr-build-push.yml');
    expect((await app.run({ check: true })).exitCode).toBe(2);
    expect(app.shown()).toContain(`--- a/${path}`);
    expect(app.shown()).toContain('+++ b/tagboat.yaml');
    expect([await app.listed(), await app.read(path)]).toEqual([[path], app.text]);
    await app.run();
    expect((await app.run({ check: true })).exitCode).toBe(0);
  });

  it('shows a file that is there with what it would become and refuses, before anything is written; --force replaces it', async () => {
    const own = 'images: { mine: {} }\n';
    const app = await appWith('ghcr-build-push.yml', path, { 'tagboat.yaml': own });
    const refused = await app.run();
    expect(refused.errors).toMatchObject([{ code: 'INIT_FILE_EXISTS' }]);
    expect(app.shown()).toContain(`-${own}`);
    expect([await app.read('tagboat.yaml'), await app.read(path)]).toEqual([own, app.text]);
    expect((await app.run({ check: true, force: true })).exitCode).toBe(2);
    expect(await app.read('tagboat.yaml')).toBe(own);
    expect((await app.run({ force: true })).errors).toEqual([]);
    expect(await app.read('tagboat.yaml')).not.toBe(own);
  });

  it('leaves every byte of a workflow in which nothing can be taken over', async () => {
    const app = await appWith('scripts-unknown.yml');
    const done = await app.run();
    expect([done.exitCode, app.shown()]).toEqual([0, '']);
    expect([await app.listed(), await app.read(path)]).toEqual([[path], app.text]);
  });

  it('looks into the config repo for what sed changes, where it is told of a checkout', async () => {
    const app = await appWith('sed-tag.yml', path, {
      'config/charts/shop/values.yaml': 'image:\n  repository: ghcr.io/acme/shop\n  tag: "3f2c1d0"\n',
    });
    await app.run({ check: true });
    expect(app.shown()).not.toContain('deliveries:');
    await app.run({ check: true, configRepo: 'config' });
    expect(app.shown()).toContain('.image.tag: "{tag}"');
  });

  it('takes pipelines of GitLab by their name, and several at once with a config each', async () => {
    const gitlab = await readFile(join(workflows, 'gitlab-simple.yml'), 'utf8');
    const app = await appWith('ghcr-build-push.yml', path, { '.gitlab-ci.yml': gitlab });
    expect((await app.run({}, [path, '.gitlab-ci.yml'])).errors).toEqual([]);
    expect(await app.listed()).toEqual([
      '.github/workflows/deploy.yml',
      '.gitlab-ci.yml',
      'tagboat.deploy.yaml',
      'tagboat.yaml',
    ]);
    expect(await app.read('.gitlab-ci.yml')).toContain('tagboat ship --config tagboat.deploy.yaml');
  });

  it('says what it cannot read: a file that is not there, and one that is no YAML', async () => {
    const app = await appWith('ghcr-build-push.yml', path, { 'bad.yml': 'a: [\n' });
    expect((await app.run({}, ['none.yml'])).errors).toMatchObject([{ code: 'MIGRATE_FILE_UNREADABLE' }]);
    expect((await app.run({}, [path, 'bad.yml'])).errors).toMatchObject([{ code: 'MIGRATE_FILE_INVALID' }]);
    expect([await app.listed(), await app.read(path)]).toEqual([[path, 'bad.yml'], app.text]);
  });
});
