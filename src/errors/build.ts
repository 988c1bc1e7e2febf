import { entry, exitCodes } from './codes.ts';

const exit = exitCodes.build;

/** What a Dockerfile, its context, its base images or its builder say no to. */
export const buildErrors = {
  DOCKERFILE_NOT_FOUND: entry<{ image: string; file: string; reason: string }>(
    exit,
    ({ image, file, reason }) => `The Dockerfile of ${image}, ${file}, can't be read: ${reason}.`,
    'Check `dockerfile:` of that image in tagboat.yaml.',
  ),
  DOCKERFILE_INVALID: entry<{ reason: string }>(
    exit,
    ({ reason }) => `The Dockerfile has a mistake: ${reason}.`,
    'Correct the line shown.',
  ),
  TARGET_NOT_FOUND: entry<{ target: string; stages: readonly string[]; guess: string }>(
    exit,
    ({ target, guess }) => `The Dockerfile has no stage called ${target}${guess}.`,
    ({ stages }) =>
      stages.length === 0
        ? 'None of its stages has a name: add `AS name` to a FROM, or leave `target:` out.'
        : `Its stages are ${stages.join(', ')}: correct \`target:\`.`,
  ),
  PLATFORM_INVALID: entry<{ platform: string }>(
    exit,
    ({ platform }) => `${JSON.stringify(platform)} is not a platform.`,
    'Platforms look like linux/amd64, linux/arm64 or linux/arm/v7.',
  ),
  CONTEXT_NOT_FOUND: entry<{ image: string; dir: string }>(
    exit,
    ({ image, dir }) => `The build context of ${image}, ${dir}, is not a folder.`,
    'Check `context:` of that image in tagboat.yaml.',
  ),
  NAMED_CONTEXT_NOT_FOUND: entry<{ image: string; name: string; dir: string }>(
    exit,
    ({ image, name, dir }) => `The build context ${name} of ${image}, ${dir}, is not a folder.`,
    ({ name }) =>
      `Check \`contexts: ${name}:\` of that image in tagboat.yaml. Is it made by an earlier step that has not run?`,
  ),
  PATH_LEAVES_REPO: entry<{ image: string; path: string; real: string }>(
    exit,
    ({ image, path, real }) => `${path}, of which ${image} is built, is a link out of the app repo, to ${real}.`,
    'Only files of the app repo go into an image: copy what is needed into it, in a step before this one.',
  ),
  CONTEXT_OUTSIDE: entry<{ source: string; read: string }>(
    exit,
    ({ source, read }) => `${source} lies outside of the build context; Docker reads it as ${read}, which isn't there.`,
    'Nothing above the context can be copied: use a larger `context:`, or copy the file into it first.',
  ),
  CONTEXT_UNREADABLE: entry<{ path: string; reason: string }>(
    exit,
    ({ path, reason }) => `${path} in the build context can't be read: ${reason}.`,
    'Correct that file, or leave it out with .dockerignore.',
  ),
  DOCKERIGNORE_INVALID: entry<{ pattern: string; reason: string }>(
    exit,
    ({ pattern, reason }) => `The pattern ${JSON.stringify(pattern)} can't be used: ${reason}.`,
    'Correct the pattern.',
  ),
  COPY_SOURCE_MISSING: entry<{ source: string; from: string | undefined; ignored: string | undefined }>(
    exit,
    ({ source, from, ignored }) =>
      ignored === undefined
        ? `${source} isn't in ${from === undefined ? 'the build context' : from}.`
        : `${source} is left out of the build context by ${ignored}.`,
    ({ ignored }) =>
      ignored === undefined
        ? 'Check the path; it is taken from the root of the context, and case counts. Is it built by an earlier step that has not run?'
        : `Add a line "!…" for it to ${ignored}, or copy something else.`,
  ),
  COPY_BLOCKED: entry<{ path: string; reason: string }>(
    exit,
    ({ path, reason }) => `${path} can't be written in the image: ${reason}.`,
    'Change the destination, or what an earlier instruction or the base image put there.',
  ),
  ARCHIVE_INVALID: entry<{ path: string; reason: string }>(
    exit,
    ({ path, reason }) => `The archive ${path} can't be unpacked: ${reason}.`,
    'Make it again, or copy it as it is with COPY.',
  ),
  BASE_NOT_FOUND: entry<{ image: string }>(
    exit,
    ({ image }) => `The base image ${image} isn't in its registry.`,
    'Check its name and tag. Many registries answer the same when the login may not read it.',
  ),
  BASE_PLATFORM_MISSING: entry<{ image: string; platform: string; available: readonly string[] }>(
    exit,
    ({ image, platform }) => `The base image ${image} isn't there for ${platform}.`,
    ({ available }) =>
      `It is there for ${available.length === 0 ? 'no platform it names' : available.join(', ')}: change \`platforms:\` or the base.`,
  ),
  BASE_UNREADABLE: entry<{ image: string; reason: string }>(
    exit,
    ({ image, reason }) => `The base image ${image} can't be read: ${reason}.`,
    'Try again; if it stays, the registry holds a broken image, or can only be reached with a login or through a proxy.',
  ),
  BUILD_NO_ENGINE: entry<{ image: string; needs: string; tried: string }>(
    exit,
    ({ image, needs, tried }) => `${image} needs a builder (${needs}) and there is none: ${tried}.`,
    'Install Docker with buildx, or buildah (Debian: `apt-get install buildah`).',
  ),
  BUILDER_FILE_UNREADABLE: entry<{ image: string; file: string; reason: string }>(
    exit,
    ({ image, file, reason }) => `${file}, with which ${image} reaches its builder, can't be read: ${reason}.`,
    'Check `builder:` of that image in tagboat.yaml, and that an earlier step of the job writes the file.',
  ),
  BUILD_SECRET_MISSING: entry<{ image: string; what: string; reason: string }>(
    exit,
    ({ image, what, reason }) => `The ${what} of ${image} isn't there: ${reason}.`,
    'Give it to the step that runs Tagboat: in Actions by `env:`, from `secrets`; in GitLab as a CI/CD variable. A file ' +
      'is written by an earlier step, and an agent is started by one.',
  ),
  MOUNT_NOT_GIVEN: entry<{ image: string; key: 'secrets' | 'ssh'; id: string }>(
    exit,
    ({ image, key, id }) =>
      `The Dockerfile of ${image} can't do without the ${key === 'ssh' ? 'SSH access' : 'secret'} ${id}, which isn't given.`,
    ({ key, id }) =>
      key === 'ssh'
        ? `Add ${id === 'default' ? '`ssh: default`' : `\`ssh: { ${id}: FILE }\``} to that image in tagboat.yaml.`
        : `Add \`secrets: { ${id}: { env: NAME } }\` (or \`{ src: FILE }\`) to that image in tagboat.yaml.`,
  ),
  ENGINE_UNUSABLE: entry<{ image: string; engine: string; reason: string }>(
    exit,
    ({ image, engine, reason }) => `${image} asks for the engine ${engine}, which can't be used: ${reason}.`,
    'Install or start it, or write `engine: auto`.',
  ),
  ASSEMBLE_NEEDS_BUILDER: entry<{ needs: string }>(
    exit,
    ({ needs }) => `This image can't be put together without a builder: ${needs}.`,
    'Write `engine: auto` (or buildx, docker, buildah), which uses a builder where one is needed.',
  ),
  BUILD_FAILED: entry<{ image: string; engine: string; code: string }>(
    exit,
    ({ image, engine, code }) => `${engine} could not build ${image} (${code}).`,
    "The builder's last lines tell what went wrong.",
  ),
  PUSH_FAILED: entry<{ image: string; engine: string; code: string }>(
    exitCodes.registry,
    ({ image, engine, code }) => `${image} is built, and ${engine} could not push it (${code}).`,
    "The builder's last lines tell what the registry said. Check the login, that the repository exists, that its image hasn't the " +
      '1,000 tags that ECR allows it, and whether its tags are immutable: then the same commit needs another tag (`tag:` in tagboat.yaml), or a new commit.',
  ),
  PUSH_UNCONFIRMED: entry<{ reference: string }>(
    exit,
    ({ reference }) => `${reference} was pushed, and the registry doesn't have it.`,
    'Run again. If it stays, something deletes images right after their push, or another registry answered.',
  ),
  DIGEST_MISMATCH: entry<{ reference: string; reported: string; found: string }>(
    exit,
    ({ reference, reported, found }) => `${reference} is ${found} in the registry, but ${reported} was pushed.`,
    'Somebody else pushed the same tag at the same time. Tags with {commit} in them belong to one build.',
  ),
  SIGN_FAILED: entry<{ image: string }>(
    exit,
    ({ image }) => `${image} is not signed: sigstore did not make a signature.`,
    'The image may be in the registry, without a signature. Run again, or look at what sigstore said.',
  ),
  CHECK_FAILED: entry<{ image: string; program: string; why: string }>(
    exit,
    ({ image, program, why }) => `${image} is not delivered: its check ${program} ${why}.`,
    'The image is in its registry. Mend what the check says, above, or change `check:` in tagboat.yaml.',
  ),
  SBOM_MISSING: entry<{ image: string; reference: string; digest: string }>(
    exit,
    ({ image, reference, digest }) =>
      `${image} is not delivered: ${reference} (${digest}) has no list of its contents for each of its platforms.`,
    'Build it with `attest: { sbom: true }` (buildx), or leave out `require.sbom` in tagboat.yaml.',
  ),
  SIGNATURE_MISSING: entry<{
    image: string;
    reference: string;
    digest: string;
    issuer: string;
    subject: string;
    why: string;
  }>(
    exit,
    ({ image, reference, digest, issuer, subject, why }) =>
      `${image} is not delivered: ${reference} (${digest}) is not signed by ${subject} of ${issuer}; ${why}.`,
    'Let the job that builds it sign it (`sign: true`, or cosign 3), or correct `require.signed` in tagboat.yaml.',
  ),
  TRUST_ROOT_UNREADABLE: entry<{ file: string; reason: string }>(
    exitCodes.config,
    ({ file, reason }) => `${file} can't be read as sigstore's trusted root: ${reason}.`,
    "It is the file trusted_root.json of sigstore's root-signing repository, or what `cosign trusted-root create` writes.",
  ),
  DISK_FULL: entry<{ path: string }>(
    exit,
    ({ path }) => `No space is left on the disk of ${path}.`,
    'Free some space, or set TMPDIR to a folder on another disk.',
  ),
  TEMP_UNUSABLE: entry<{ path: string; reason: string }>(
    exit,
    ({ path, reason }) => `Temporary files can't be kept in ${path}: ${reason}.`,
    'Set TMPDIR to a folder that can be written, and raise what `ulimit -a` shows where a limit is named.',
  ),
} as const;
