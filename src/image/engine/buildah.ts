import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { givenMarks } from '../../plan/image.ts';
import { imageName } from '../../plan.ts';
import { fullName } from '../../wire/oci/reference.ts';
import { type Builder, buildFlags, digestIn, runStep } from './build.ts';
import { hasOwnIgnoreFile, ignoreFileOf, shortNames } from './builder-input.ts';
import { secretFlags } from './secrets.ts';
import { takesBuildContexts } from './tool.ts';

/** `buildah build`, then a push. No daemon, and with chroot isolation no privileges beyond a container's own. */
export const buildWithBuildah: Builder = async (job, building) => {
  const { image } = job;
  const { annotations } = image;
  const { login, bases } = building;
  const reference = imageName(image);
  const digestFile = join(login.dir, 'digest');
  const access = ['--authfile', login.authFile, ...(building.insecure ? ['--tls-verify=false'] : [])];
  const several = image.platforms.length > 1;
  // A list that exists is added to, so each build makes one of its own.
  const list = `localhost/tagboat-${Math.floor(job.run.world.random() * 2 ** 48).toString(36)}`;
  // By its own rules, another ignore file could count, and a name without a registry mean one that this machine prefers.
  const nothing = join(login.dir, 'nothing-ignored');
  await writeFile(nothing, '');
  const ignoring = (await hasOwnIgnoreFile(image)) ? [] : [`--ignorefile=${(await ignoreFileOf(image)) ?? nothing}`];
  const short = shortNames(bases);
  const named = short.length > 0 && (await takesBuildContexts(job.run)) ? short : [];
  const secret = secretFlags(image, job.run.world.env);
  const build = [
    'build',
    ...access,
    '--isolation=chroot',
    // HEALTHCHECK, SHELL and ONBUILD have no place in OCI's format, and annotations none in Docker's.
    annotations === undefined ? '--format=docker' : '--format=oci',
    ...givenMarks(annotations).flatMap(([name, value]) => ['--annotation', `${name}=${value}`]),
    ...ignoring,
    ...named.flatMap((name) => ['--build-context', `${name}=docker-image://${fullName(name)}`]),
    ...(several ? ['--manifest', list] : ['--tag', reference]),
    ...secret.args,
    ...buildFlags(job, building),
    image.context,
  ];
  await runStep(job, 'buildah', 'build', { program: 'buildah', args: build, env: secret.env });
  building.built();
  const target = `docker://${reference}`;
  const push = several
    ? ['manifest', 'push', '--all', '--rm', ...access, '--digestfile', digestFile, list, target]
    : ['push', ...access, '--digestfile', digestFile, reference, target];
  await runStep(job, 'buildah', 'push', { program: 'buildah', args: push });
  return digestIn(await readFile(digestFile, 'utf8').catch(() => undefined));
};
