import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Command, Finished } from '../../../src/wire/exec.ts';
import { digestOf } from '../../../src/wire/oci/digest.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { clientOf } from '../../support/oci.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { build, planFor, writeContext } from '../images.ts';

/** An app repo, and a registry that has what this `docker push` is taken to have pushed. */
async function pushed() {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const dir = await tempDir();
  // Something else each time, or the first image would be found by its fingerprint.
  await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: dir });
  const { digest } = await pushBaseImage(registry.host, { repository: 'app', tag: 't', layers: [] });
  const plan = planFor(registry.host, dir, { engine: 'docker' });
  return { host: registry.host, dir, digest, plan };
}

/** A world whose docker is BuildKit's client of a daemon: `did` is what it does beside each of its steps. */
async function withDocker(id: string, says: string, did: (step: string) => Promise<void> = async () => undefined) {
  const steps: string[] = [];
  const exec = async ({ args }: Command): Promise<Finished> => {
    const step = args[0] ?? '';
    steps.push(step);
    const ended = { code: 0, signal: null, stdout: '', stderr: '', missing: false };
    if (step === 'version') {
      return { ...ended, stdout: '{"Client":{"Version":"20.10.24"},"Server":{"Version":"20.10.24"}}' };
    }
    if (step === 'build') await writeFile(args[args.indexOf('--iidfile') + 1] ?? '', id);
    await did(step);
    return step === 'image' ? { ...ended, stdout: says } : ended;
  };
  return { world: testWorld({ env: { TMPDIR: await tempDir() }, exec }), steps };
}

describe('docker build and push', () => {
  it('are believed when the registry has the image that was built, and the daemon is asked no more', async () => {
    const { host, dir, digest, plan } = await pushed();
    const manifest = await clientOf(host).getManifest('app', 't');
    const { config } = JSON.parse(String(manifest?.bytes));
    // By its config, and by its manifest as containerd does.
    for (const id of [config.digest, digest]) {
      await writeContext(dir, { f: `${dir} ${id}` });
      const { world, steps } = await withDocker(id, '');
      expect(await build(world, plan)).toMatchObject({ is: 'built', engine: 'docker', digest });
      expect(steps).toEqual(['version', 'build', 'push']);
    }
  });

  it('are held against what the daemon says of its push otherwise', async () => {
    const { host, digest, plan } = await pushed();
    const id = digestOf('another image');
    const says = (told: string) => JSON.stringify([`${host}/app@${told}`]);
    const other = await withDocker(id, says(id));
    await expect(build(other.world, plan)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      data: { reported: id, found: digest },
    });
    const same = await withDocker(id, says(digest));
    expect(await build(same.world, plan)).toMatchObject({ is: 'built', digest });
    expect(same.steps).toEqual(['version', 'build', 'push', 'image']);
  });

  it('keep no image for later whose files changed while it was built', async () => {
    const { dir, digest, plan } = await pushed();
    const { world } = await withDocker(digest, '', async (step) => {
      if (step === 'build') await writeFile(join(dir, 'f'), 'changed meanwhile');
    });
    expect(await build(world, plan)).toMatchObject({ is: 'built' });
    const said = world.events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));
    expect(said).toEqual([expect.stringContaining('changed while it was built')]);
  });
});
