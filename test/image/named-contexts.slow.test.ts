import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { NamedContext } from '../../src/plan/image.ts';
import type { ImagePlan } from '../../src/plan.ts';
import { tarOf } from '../support/base-image.ts';
import { type Buildkit, noBuildkit, startBuildkit } from '../support/buildkit.ts';
import { gitHost, noHttpBackend, tempDir } from '../support/git-host.ts';
import { writeLayout, writeLayoutOfIndex } from '../support/oci-layout.ts';
import { startOwnRegistry } from '../support/registries.ts';
import { serveHttp } from '../support/servers.ts';
import { testWorld } from '../support/world.ts';
import { build, contentsOf, type Files, planFor, writeContext } from './images.ts';

const missing = noBuildkit ?? noHttpBackend;

describe.skipIf(missing !== undefined)(
  `contexts by name that BuildKit opens itself${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let buildkit: Buildkit;
    beforeAll(async () => {
      buildkit = await startBuildkit();
      // Building BuildKit takes minutes, once.
    }, 25 * 60_000);
    afterAll(() => buildkit?.close());

    async function app(dockerfile: string, files: Files = {}) {
      const registry = await startOwnRegistry();
      onTestFinished(() => registry.close());
      const dir = await tempDir();
      await writeContext(dir, { Dockerfile: dockerfile, own: 'own', ...files });
      const { host } = registry;
      const world = testWorld({ env: buildkit.env });
      return async (context: NamedContext, more: Partial<ImagePlan> = {}) => {
        const { builder } = buildkit;
        const plan = planFor(host, dir, { engine: 'buildx', builder, contexts: [context], ...more });
        const { is } = await build(world, plan);
        return { is, host, dir, ...(await contentsOf(host, 'app', plan.tag)) };
      };
    }

    const sized = (files: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(files).map(([path, line]) => [path, line.replace(/ [0-9a-f]{16}$/, '')]));
    const standing = 'FROM lib\nCOPY own /own\n';
    const copying = 'FROM scratch\nCOPY --from=lib / /x/\n';

    describe('an OCI layout', () => {
      const one = {
        layers: [[{ name: 'etc/', type: 'directory', mode: 0o750 } as const, { name: 'etc/one', body: 'one' }]],
        config: { Env: ['FROM_LIB=yes'], User: '7' },
        tag: 'one',
      };
      const two = { layers: [[{ name: 'two', body: 'two!' }]], tag: 'two' };
      const layout = async (dir: string, tag?: string): Promise<NamedContext> => ({
        ...({ name: 'lib', is: 'layout', dir, digest: undefined } as const),
        tag,
      });

      it('is stood on with its variables, and copied from with its owners and modes', async () => {
        const dir = await tempDir();
        await writeLayout(dir, [one]);
        const stood = await (await app(standing))(await layout(dir));
        expect(sized(stood.files)).toEqual({
          etc: 'directory 750 0:0',
          'etc/one': 'file 644 0:0 3',
          own: 'file 644 0:0 3',
        });
        expect(stood.config).toMatchObject({ Env: expect.arrayContaining(['FROM_LIB=yes']), User: '7' });
        const copied = await (await app(copying))(await layout(dir, 'main'));
        expect(sized(copied.files)).toMatchObject({ 'x/etc': 'directory 750 0:0', 'x/etc/one': 'file 644 0:0 3' });
      });

      it('gives the image of its tag or digest where it holds several', async () => {
        const dir = await tempDir();
        const [, second] = await writeLayout(dir, [one, two]);
        const make = await app(copying);
        expect(Object.keys((await make(await layout(dir, 'one'), { tag: '1' })).files)).toContain('x/etc/one');
        expect(Object.keys((await make(await layout(dir, 'two'), { tag: '2' })).files)).toContain('x/two');
        const byDigest = { ...(await layout(dir)), digest: second?.digest } as NamedContext;
        const third = await make(byDigest, { tag: '3' });
        expect(Object.keys(third.files)).toContain('x/two');
      });

      it('gives the image of the platform', async () => {
        const dir = await tempDir();
        const arm = { ...two, platform: { os: 'linux', architecture: 'arm64' } };
        await writeLayoutOfIndex(dir, [one, arm], 'latest');
        const make = await app(copying);
        const amd = await make(await layout(dir), { tag: 'amd' });
        expect(Object.keys(amd.files)).toContain('x/etc/one');
        const other = await make(await layout(dir), { tag: 'arm', platforms: ['linux/arm64'] });
        expect(Object.keys(other.files)).toContain('x/two');
      });

      it('is another input once it holds another image, and the same one is reused', async () => {
        const dir = await tempDir();
        await writeLayout(dir, [one]);
        const make = await app(copying);
        const stand = await app(standing);
        expect((await make(await layout(dir), { tag: '1' })).is).toBe('built');
        expect((await make(await layout(dir), { tag: '2' })).is).toBe('reused');
        expect((await stand(await layout(dir), { tag: '1' })).is).toBe('built');
        expect((await stand(await layout(dir), { tag: '2' })).is).toBe('reused');
        await writeLayout(dir, [{ ...one, layers: two.layers }]);
        const third = await make(await layout(dir), { tag: '3' });
        expect(third.is).toBe('built');
        expect(Object.keys(third.files)).toContain('x/two');
        expect(Object.keys((await stand(await layout(dir), { tag: '3' })).files)).toContain('two');
      });

      it('has its ONBUILD triggers done by what stands on it, each time', async () => {
        const dir = await tempDir();
        await writeLayout(dir, [{ ...one, config: { OnBuild: ['COPY own /triggered'] } }]);
        const make = await app(standing);
        const made = await make(await layout(dir), { tag: '1' });
        expect(sized(made.files)).toMatchObject({ triggered: 'file 644 0:0 3' });
        expect((await make(await layout(dir), { tag: '2' })).is).toBe('built');
      });
    });

    describe('a git repository', () => {
      it('is taken at its branch, its commit or a folder of it, without its history', async () => {
        const host = await gitHost();
        const url = await host.createRepo('lib');
        const first = await host.commit('lib', { files: { 'src/a': 'first', top: 'top' }, message: 'one' });
        await host.commit('lib', { files: { 'src/a': 'second!' }, message: 'two' });
        const make = await app(copying);
        const fetched = (at: string): NamedContext => ({ name: 'lib', is: 'fetched', url: `${url}${at}` });
        const tip = await make(fetched('#main'), { tag: '1' });
        expect(sized(tip.files)).toMatchObject({ 'x/src/a': 'file 644 0:0 7', 'x/top': 'file 644 0:0 3' });
        expect(Object.keys(tip.files).filter((path) => path.includes('.git'))).toEqual([]);
        const pinned = await make(fetched(`#${first}`), { tag: '2' });
        expect(sized(pinned.files)).toMatchObject({ 'x/src/a': 'file 644 0:0 5' });
        const folder = await make(fetched(`#${first}:src`), { tag: '3' });
        expect(sized(folder.files)).toMatchObject({ 'x/a': 'file 644 0:0 5' });
        // A commit never changes, a branch may: only the first is known again.
        expect((await make(fetched(`#${first}`), { tag: '4' })).is).toBe('reused');
        await host.commit('lib', { files: { 'src/a': 'the third' }, message: 'three' });
        const moved = await make(fetched('#main'), { tag: '5' });
        expect(sized(moved.files)).toMatchObject({ 'x/src/a': 'file 644 0:0 9' });
      });

      it('is stood on', async () => {
        const host = await gitHost();
        const url = await host.createRepo('lib');
        await host.commit('lib', { files: { a: 'a' }, message: 'one' });
        const made = await (await app(standing))({ name: 'lib', is: 'fetched', url });
        expect(sized(made.files)).toEqual({ a: 'file 644 0:0 1', own: 'file 644 0:0 3' });
      });
    });

    describe('a file by http', () => {
      it('is one file called context, an archive too, and the one of now', async () => {
        const archive = await tarOf({ name: 'inner', body: 'inner' });
        let text = 'plain';
        const origin = await serveHttp((request, response) => {
          response.end(request.url === '/lib.tar' ? archive : text);
        });
        const make = await app('FROM scratch\nCOPY --from=lib / /x/\n');
        const fetched = (path: string): NamedContext => ({ name: 'lib', is: 'fetched', url: `${origin}${path}` });
        const plain = await make(fetched('/file'), { tag: '1' });
        expect(sized(plain.files)).toEqual({ x: 'directory 755 0:0', 'x/context': 'file 600 0:0 5' });
        const tar = await make(fetched('/lib.tar'), { tag: '2' });
        expect(sized(tar.files)).toEqual({
          x: 'directory 755 0:0',
          'x/context': `file 600 0:0 ${archive.byteLength}`,
        });
        text = 'another';
        const later = await make(fetched('/file'), { tag: '3' });
        expect(sized(later.files)).toMatchObject({ 'x/context': 'file 600 0:0 7' });
      });
    });
  },
);
