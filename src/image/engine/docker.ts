import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageName } from '../../plan.ts';
import { parseObject } from '../../wire/oci/manifest.ts';
import type { ManifestBytes } from '../../wire/oci/types.ts';
import { taggedNow } from '../registry.ts';
import { type Builder, buildFlags, digestIn, runStep } from './build.ts';
import { secretFlags } from './secrets.ts';

/** `docker build` with the daemon's BuildKit, then `docker push`. */
export const buildWithDocker: Builder = async (job, building) => {
  const { run, image, target } = job;
  const { login, built } = building;
  const reference = imageName(image);
  const env = { DOCKER_CONFIG: login.dir, DOCKER_BUILDKIT: '1', BUILDX_CONFIG: login.buildxDir };
  const idFile = join(login.dir, 'image-id');
  const secret = secretFlags(image, run.world.env);
  const args = ['build', '--progress', 'plain', '--iidfile', idFile, '--tag', reference, ...secret.args];
  await runStep(job, 'docker', 'build', {
    program: 'docker',
    args: [...args, ...buildFlags(job, building), image.context],
    env: { ...secret.env, ...env },
  });
  built();
  await runStep(job, 'docker', 'push', { program: 'docker', args: ['push', reference], env });
  // What was built by its own id is as good as the daemon's word on what it pushed, and spares asking for that.
  const id = digestIn(await readFile(idFile, 'utf8').catch(() => undefined));
  const there = id === undefined ? undefined : await taggedNow(target);
  if (there !== undefined && idsOf(there).includes(id)) return there.digest;
  const shown = await run.world.exec({
    program: 'docker',
    args: ['image', 'inspect', '--format', '{{json .RepoDigests}}', reference],
    env,
    signal: run.world.signal,
  });
  return shown.code === 0 ? pushedDigest(shown.stdout, `${image.registry.host}/${image.repository}`) : undefined;
};

/** What a daemon may call an image: by its config, or by its manifest where containerd keeps its images. */
function idsOf(manifest: ManifestBytes): readonly unknown[] {
  return [manifest.digest, (parseObject(manifest.bytes)?.config as { digest?: unknown } | undefined)?.digest];
}

/** The digest under which this repository has the image. None when the daemon knows several: an older push counts too. */
function pushedDigest(text: string, repository: string): ReturnType<typeof digestIn> {
  let listed: unknown;
  try {
    listed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(listed)) return undefined;
  const digests = listed.filter((name) => typeof name === 'string' && name.startsWith(`${repository}@`));
  return digests.length === 1 ? digestIn(digests[0].slice(repository.length + 1)) : undefined;
}
