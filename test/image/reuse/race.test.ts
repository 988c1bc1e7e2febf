import { writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { clientOf } from '../../support/oci.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { jumpingClock, type TestWorld, testWorld } from '../../support/world.ts';
import { build, planFor, source, writeContext } from '../images.ts';

const tag = source.commit;

/** A builder that makes another image of the same input each time, as most RUNs do; `first` is done before its push. */
async function builder(host: string, body: string, first: () => Promise<unknown> = async () => undefined) {
  const TMPDIR = await tempDir();
  const exec: TestWorld['exec'] = async ({ args }) => {
    const ended = { signal: null, stdout: 'Driver: remote\n', stderr: '', timedOut: false, missing: false };
    const at = args.indexOf('--metadata-file');
    if (at < 0) return { ...ended, code: 0 };
    await first();
    const repository = 'app';
    const image = await pushBaseImage(host, { repository, layers: [[{ name: 'built', body }]] });
    const manifest = await clientOf(host).getManifest(repository, image.digest);
    if (manifest === undefined) throw new Error('it was just pushed');
    try {
      await clientOf(host).putManifest(repository, tag, manifest);
    } catch {
      return { ...ended, code: 1, stderr: 'the tag is immutable' };
    }
    await writeFile(String(args[at + 1]), JSON.stringify({ 'containerimage.digest': image.digest }));
    return { ...ended, code: 0 };
  };
  return testWorld({ env: { TMPDIR }, exec, clock: jumpingClock() });
}

async function commit(options: Parameters<typeof startOwnRegistry>[0] = {}) {
  const registry = await startOwnRegistry(options);
  onTestFinished(() => registry.close());
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\nRUN make\n', f: 'f' });
  const plan = planFor(registry.host, dir, { engine: 'buildx', tag });
  return { host: registry.host, dir, plan };
}

describe('two runs of one commit at once', () => {
  it.each([false, true])('ship the image that was pushed first, tags immutable: %s', async (immutableTags) => {
    const { host, plan } = await commit({ immutableTags });
    let other: Awaited<ReturnType<typeof build>> | undefined;
    const late = await builder(host, 'late', async () => {
      other = await build(await builder(host, 'early'), plan);
    });
    const outcome = await build(late, plan);
    const there = await clientOf(host).headManifest('app', tag);
    expect(outcome.digest).toBe(there?.digest);
    if (!immutableTags) return;
    expect(outcome).toMatchObject({ is: 'reused', digest: other?.digest });
    expect(late.events.some(({ type }) => type === 'image.failed')).toBe(false);
  });

  it('agree where the other one pushed between our push and our look', async () => {
    const { host, plan } = await commit();
    let early: ReturnType<typeof build> | undefined;
    const world = await builder(host, 'ours');
    const { exec } = world;
    const overtaken: TestWorld['exec'] = async (command) => {
      const ended = await exec(command);
      if (command.args.includes('--metadata-file')) {
        early = build(await builder(host, 'theirs'), plan);
        await early;
      }
      return ended;
    };
    const outcome = await build({ ...world, exec: overtaken }, plan);
    expect(outcome).toMatchObject({ is: 'reused', digest: (await early)?.digest });
  });

  it('fail where the other one is of another input', async () => {
    const { host, dir, plan } = await commit({ immutableTags: true });
    const world = await builder(host, 'ours', async () => {
      const other = await tempDir();
      await writeContext(other, { Dockerfile: 'FROM scratch\nCOPY f /f\nRUN make\n', f: 'other' });
      await build(await builder(host, 'theirs'), planFor(host, other, { engine: 'buildx', tag }));
    });
    await expect(build(world, plan)).rejects.toMatchObject({ code: 'BUILD_FAILED' });
    expect(dir).not.toBe('');
  });
});
