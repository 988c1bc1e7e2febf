import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageName } from '../../plan.ts';
import { type Builder, buildFlags, digestIn, runStep } from './build.ts';

/** `buildah build`, then a push. No daemon, and with chroot isolation no privileges beyond a container's own. */
export const buildWithBuildah: Builder = async (job, building) => {
  const { image } = job;
  const { login } = building;
  const reference = imageName(image);
  const digestFile = join(login.dir, 'digest');
  const access = ['--authfile', login.authFile, ...(building.insecure ? ['--tls-verify=false'] : [])];
  const several = image.platforms.length > 1;
  // A list that exists is added to, so each build makes one of its own.
  const list = `localhost/tagboat-${Math.floor(job.run.world.random() * 2 ** 48).toString(36)}`;
  const build = [
    'build',
    ...access,
    '--isolation=chroot',
    // HEALTHCHECK, SHELL and ONBUILD have no place in OCI's format: buildah would leave them out.
    '--format=docker',
    ...(several ? ['--manifest', list] : ['--tag', reference]),
    ...buildFlags(job, building),
    image.context,
  ];
  await runStep(job, 'buildah', 'build', { program: 'buildah', args: build });
  building.built();
  const target = `docker://${reference}`;
  const push = several
    ? ['manifest', 'push', '--all', '--rm', ...access, '--digestfile', digestFile, list, target]
    : ['push', ...access, '--digestfile', digestFile, reference, target];
  await runStep(job, 'buildah', 'push', { program: 'buildah', args: push });
  return digestIn(await readFile(digestFile, 'utf8').catch(() => undefined));
};
