import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chooseEngine } from '../../src/image/engine/choose.ts';
import { explainImage, previewImage } from '../../src/image/image.ts';
import type { NamedContext } from '../../src/plan/image.ts';
import type { ImagePlan } from '../../src/plan.ts';
import type { Command, Finished } from '../../src/wire/exec.ts';
import { pushBaseImage } from '../support/base-image.ts';
import { tempDir } from '../support/git-host.ts';
import { startOwnRegistry } from '../support/registries.ts';
import { testWorld } from '../support/world.ts';
import { build, contextsIn, type Files, imageRun, planFor, writeContext } from './images.ts';

async function app(files: Files, contexts: Readonly<Record<string, string>>) {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const dir = await tempDir();
  await writeContext(dir, files);
  const plan = (more: Partial<ImagePlan> = {}) =>
    planFor(registry.host, dir, { contexts: contextsIn(dir, contexts), ...more });
  return { host: registry.host, dir, plan };
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );

describe('a context by name', () => {
  it('is named in what changed: its folder by its files, an image by its digest', async () => {
    const { host, dir, plan } = await app(
      { Dockerfile: 'FROM base\nCOPY --from=lib src /src\n', 'lib/src/a': 'a', 'lib/b': 'b' },
      { lib: 'lib' },
    );
    const push = (body: string) =>
      pushBaseImage(host, { repository: 'base', tag: '1', layers: [[{ name: 'f', body }]] });
    await push('one');
    const contexts: NamedContext[] = [
      ...contextsIn(dir, { lib: 'lib' }),
      { name: 'base', is: 'image', reference: `${host}/base:1` },
    ];
    await build(testWorld(), plan({ contexts, tag: 'old' }));
    await push('two');
    await writeContext(dir, { 'lib/src/a': 'other', 'lib/src/c': 'c', 'lib/b': 'other' });
    const found = await explainImage(imageRun(testWorld()), plan({ contexts, tag: 'new' }), ['old']);
    expect(found).toMatchObject({
      is: 'compared',
      changes: [
        { kind: 'base image', name: `${host}/base:1 (context base)`, how: 'changed' },
        { kind: 'file', name: 'src/a (context lib)', how: 'changed' },
        { kind: 'file', name: 'src/c (context lib)', how: 'added' },
      ],
    });
  });

  it('whose folder is not there ends the run before anything is built, used or not', async () => {
    const { plan } = await app(
      { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' },
      { lib: 'none', more: 'Dockerfile' },
    );
    for (const contexts of plan().contexts ?? []) {
      const error = await failure(build(testWorld(), plan({ contexts: [contexts] })));
      expect(error).toMatchObject({ code: 'NAMED_CONTEXT_NOT_FOUND', exitCode: 4, data: { name: contexts.name } });
    }
  });

  it('says which ignore file leaves out what is to be copied', async () => {
    const { dir, plan } = await app(
      {
        Dockerfile: 'FROM scratch\nCOPY --from=lib a b /\n',
        'lib/a': 'a',
        'lib/.dockerignore': 'a\n',
        '.dockerignore': 'b\n',
      },
      { lib: 'lib' },
    );
    const ignored = join(dir, 'lib/.dockerignore');
    expect(await failure(build(testWorld(), plan()))).toMatchObject({
      code: 'COPY_SOURCE_MISSING',
      data: { source: 'a', ignored },
    });
    await writeContext(dir, { 'lib/.dockerignore': '' });
    expect(await failure(build(testWorld(), plan()))).toMatchObject({
      code: 'COPY_SOURCE_MISSING',
      data: { source: 'b', from: 'the build context lib', ignored: undefined },
    });
  });
});

describe('the choice of an engine', () => {
  const need = { what: 'line 3 has a RUN', place: { file: 'Dockerfile', line: 3 } };
  const everything = async () => ({ usable: true }) as const;
  const contexts = contextsIn('/', { lib: 'lib' });

  it('is buildx where a builder is needed: the others know no contexts by name', async () => {
    const image = planFor('h', '/', { engine: 'auto', contexts });
    expect(await chooseEngine(image, need, everything)).toMatchObject({ engine: 'buildx' });
    const error = await failure(
      chooseEngine(image, need, async (tool) =>
        tool === 'buildx' ? { usable: false, reason: 'it is missing' } : { usable: true },
      ),
    );
    expect(error).toMatchObject({ code: 'BUILD_NO_ENGINE' });
    for (const engine of ['docker', 'buildah'] as const) {
      const named = chooseEngine(planFor('h', '/', { engine, contexts }), need, everything);
      expect(await failure(named)).toMatchObject({ code: 'ENGINE_UNUSABLE' });
    }
  });

  it.each([
    ['FROM lib\n', 'lib'],
    ['FROM scratch AS lib\nFROM lib\n', 'lib'],
    ['FROM scratch\nCOPY --from=lib /a /\n', 'oci-layout://lib'],
    ['FROM scratch\nCOPY --from=lib /a /\n', 'https://git.example.test/lib.git'],
  ])('is no assemble for %j with %s', async (dockerfile, where) => {
    const { plan } = await app({ Dockerfile: dockerfile, 'lib/a': 'a' }, { lib: where });
    expect(await failure(build(testWorld(), plan()))).toMatchObject({
      code: 'ASSEMBLE_NEEDS_BUILDER',
      place: { line: 1 + Number(where !== 'lib') },
    });
  });

  it('hands every kind of context to buildx as it knows them, folders by their whole paths', async () => {
    const { dir, plan } = await app(
      { Dockerfile: 'FROM scratch\nCOPY --from=lib a /\n', 'lib/a': 'a' },
      { lib: 'lib' },
    );
    const digest = `sha256:${'a'.repeat(64)}`;
    const all: NamedContext[] = [
      ...(plan().contexts ?? []),
      { name: 'alpine', is: 'image', reference: 'base:1' },
      { name: 'out', is: 'layout', dir, tag: 'main', digest },
      { name: 'git', is: 'fetched', url: 'git@git.example.test:lib.git#main' },
    ];
    let asked: readonly string[] = [];
    const exec = async ({ args }: Command): Promise<Finished> => {
      if (args[1] === 'build' && args[2] !== '--help') asked = args;
      const stdout = args[1] === 'inspect' ? 'Driver: docker-container\n' : '';
      return { code: 0, signal: null, stdout, stderr: '', missing: false };
    };
    await failure(build(testWorld({ exec }), plan({ engine: 'buildx', contexts: all })));
    const given = asked.flatMap((word, index) => (word === '--build-context' ? [asked[index + 1]] : []));
    expect(given).toEqual([
      `lib=${join(dir, 'lib')}`,
      'alpine=docker-image://base:1',
      `out=oci-layout://${dir}:main@${digest}`,
      'git=git@git.example.test:lib.git#main',
    ]);
  });
});

describe('what can not be told beforehand', () => {
  const preview = async (dockerfile: string, where: string, more: Partial<ImagePlan> = {}) => {
    const { plan } = await app({ Dockerfile: dockerfile, 'lib/index.json': '{"manifests":[]}' }, { lib: where });
    const exec = async (): Promise<Finished> => ({
      code: 0,
      signal: null,
      stdout: 'Driver: x\n',
      stderr: '',
      missing: false,
    });
    const found = await previewImage(imageRun(testWorld({ exec })), plan({ engine: 'buildx', ...more }));
    return found.is === 'built' ? found : undefined;
  };
  const copying = 'FROM scratch\nCOPY --from=lib /a /\n';
  const commit = 'a'.repeat(40);

  it('is a context that is fetched, unless it is a commit or refresh says how long it may stay', async () => {
    const url = 'https://git.example.test/lib.git';
    expect((await preview(copying, `${url}#main`))?.undecided).toMatch(/^The context lib is fetched from /);
    expect((await preview(copying, `${url}#${commit}`))?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    const refreshed = await preview(copying, `${url}#main`, { refreshSeconds: 60 });
    expect(refreshed?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(refreshed?.careful).toHaveLength(1);
    expect((await preview('FROM scratch\nCOPY Dockerfile /\n', url))?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is what stands on an OCI layout without an image; what copies from one counts its index', async () => {
    expect((await preview('FROM lib\n', 'oci-layout://lib'))?.undecided).toMatch(/is called latest can not be told\.$/);
    expect((await preview(copying, 'oci-layout://lib'))?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is an OCI layout without an index', async () => {
    expect((await preview(copying, 'oci-layout://.'))?.undecided).toMatch(/is no OCI layout\.$/);
  });
});
