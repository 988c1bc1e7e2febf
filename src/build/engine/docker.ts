import { imageName } from '../../plan.ts';
import { type Builder, buildFlags, digestIn, runStep } from './build.ts';

/** `docker build` with the daemon's BuildKit, then `docker push`. */
export const buildWithDocker: Builder = async (world, job) => {
  const { image, login } = job;
  const reference = imageName(image);
  const env = { DOCKER_CONFIG: login.dir, DOCKER_BUILDKIT: '1', BUILDX_CONFIG: login.buildxDir };
  const args = ['build', '--progress', 'plain', '--tag', reference, ...buildFlags(job), image.context];
  await runStep(world, job, 'docker', 'build', { program: 'docker', args, env });
  await runStep(world, job, 'docker', 'push', { program: 'docker', args: ['push', reference], env });
  const shown = await world.exec({
    program: 'docker',
    args: ['image', 'inspect', '--format', '{{json .RepoDigests}}', reference],
    env,
    signal: world.signal,
  });
  return shown.code === 0 ? pushedDigest(shown.stdout, `${image.registry.host}/${image.repository}`) : undefined;
};

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
