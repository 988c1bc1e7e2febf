import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJob } from '../../../src/image/job.ts';
import { fingerprintNow } from '../../../src/image/reuse/decide.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { imageRun, planFor, writeContext } from '../images.ts';
import { shapes } from './shapes.ts';

describe('the fingerprint of a Dockerfile as people write them', () => {
  let registry: Awaited<ReturnType<typeof startOwnRegistry>>;
  beforeAll(async () => {
    registry = await startOwnRegistry();
  });
  afterAll(() => registry.close());

  it.each(shapes)('$title', async ({ dockerfile, ignore, files, counts, more }) => {
    const { host } = registry;
    for (const [, repository = '', tag = ''] of dockerfile.matchAll(/HOST\/([a-z-]+):([\w.-]*)/g)) {
      const named = tag === '' ? '3.4-slim' : tag;
      await pushBaseImage(host, { repository, tag: named, layers: [], config: { Env: ['APP_DIR=service'] } });
    }
    const dir = await tempDir();
    const written = Object.fromEntries(files.map((file) => [file, file]));
    await writeContext(dir, {
      ...written,
      Dockerfile: dockerfile.replaceAll('HOST', host),
      ...(ignore === undefined ? {} : { '.dockerignore': ignore }),
    });
    const take = async () => {
      const plan = planFor(host, dir, { engine: 'buildx', ...more });
      const known = await fingerprintNow(openJob(imageRun(testWorld()), plan));
      if (known.is === 'undecided') throw new Error(known.why);
      return known.fingerprint;
    };
    const first = await take();
    const found = first.inputs.flatMap(({ kind, name }) => (kind === 'file' ? [name] : []));
    expect([...found].sort()).toEqual([...counts].sort());
    expect(first.careful).toEqual([]);
    // What counts changes it, and nothing else does.
    for (const file of files) {
      await writeContext(dir, { [file]: `${file} changed` });
      const { hash } = await take();
      expect([file, hash !== first.hash]).toEqual([file, counts.includes(file)]);
      await writeContext(dir, { [file]: file });
    }
    expect((await take()).hash).toBe(first.hash);
  });

  it('are more than twenty', () => {
    expect(new Set(shapes.map(({ title }) => title)).size).toBeGreaterThan(20);
  });
});
