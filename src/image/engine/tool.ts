import type { Engine, ImagePlan } from '../../plan.ts';
import type { Finished } from '../../wire/exec.ts';
import { parseObject } from '../../wire/oci/manifest.ts';
import { type AskedOnce, ask, askBuildx } from './buildx-program.ts';

/** A builder that is a program. */
export type Tool = Exclude<Engine, 'assemble'>;

export type Probed = { readonly usable: true } | { readonly usable: false; readonly reason: string };

/** Whether a builder is installed and answers. Asked in the user's own environment; changes nothing. */
export async function probeTool(tool: Tool, image: Pick<ImagePlan, 'builder'>, run: AskedOnce): Promise<Probed> {
  switch (tool) {
    case 'buildx':
      return probeBuildx(image.builder, run);
    case 'docker':
      return probeDocker(run);
    case 'buildah':
      return probeBuildah(run);
  }
}

/** The driver of a buildx builder: `docker` can't write a registry cache. Undefined when there is no such builder. */
export async function buildxDriver(builder: string | undefined, run: AskedOnce): Promise<string | undefined> {
  const shown = await inspect(builder, run);
  return shown.code === 0 ? /^Driver:\s+(\S+)$/m.exec(shown.stdout)?.[1] : undefined;
}

/** Whether a builder is given by the address of a BuildKit daemon instead of a name. */
export function isAddress(builder: string): boolean {
  return /^(?:tcp|unix):\/\//.test(builder);
}

/** Whether this buildx tells its progress as JSON: from 0.13 on. Of one built without a version, its help says so. */
export async function writesRawJson(run: AskedOnce): Promise<boolean> {
  const { stdout } = await buildxVersion(run);
  const [, major, minor] = /^github\.com\/docker\/buildx v?(?!0\.0\.)(\d+)\.(\d+)\./.exec(stdout) ?? [];
  if (major !== undefined) return Number(major) > 0 || Number(minor) >= 13;
  const help = await askBuildx(run, 'build', '--help');
  return help.code === 0 && help.stdout.includes('"rawjson"');
}

/**
 * The platform of the machine that builds, as buildx tells it; `local` where it tells none and has no other machine to
 * build on, undefined where it may have one.
 */
export async function builderPlatform(builder: string | undefined, run: AskedOnce): Promise<string | undefined> {
  if (builder !== undefined && isAddress(builder)) return undefined;
  const shown = await inspect(builder, run);
  const first = /^Platforms:\s+(\w+\/[\w/.-]+)/m.exec(shown.stdout)?.[1];
  if (first !== undefined) return first;
  const isRemote =
    /^Driver:\s+(?:remote|kubernetes|cloud)$/m.test(shown.stdout) ||
    (run.world.env.DOCKER_HOST ?? '').startsWith('tcp');
  return isRemote ? undefined : 'local';
}

/** Whether this buildah takes contexts by name, from 1.26 on: its own help says so. */
export async function takesBuildContexts(run: AskedOnce): Promise<boolean> {
  const help = await ask(run, { program: 'buildah' }, ['build', '--help']);
  return help.code === 0 && help.stdout.includes('--build-context');
}

async function probeBuildx(builder: string | undefined, run: AskedOnce): Promise<Probed> {
  const named = builder === undefined || !isAddress(builder);
  const [version, driver] = await Promise.all([buildxVersion(run), named ? buildxDriver(builder, run) : undefined]);
  if (version.missing) return { usable: false, reason: 'docker is not installed' };
  if (version.code !== 0) return { usable: false, reason: 'docker has no buildx plugin' };
  if (isPodman(version)) return { usable: false, reason: podman };
  // Whether the daemon answers shows when it is asked to build.
  if (!named) return { usable: true };
  if (driver === 'podman') return { usable: false, reason: podman };
  if (driver === undefined) {
    return {
      usable: false,
      reason: builder === undefined ? 'buildx has no builder' : `buildx has no builder ${builder}`,
    };
  }
  // The driver docker is the daemon itself; every other has a BuildKit of its own.
  return driver === 'docker' && (await dockerVersions(run)).server === undefined
    ? { usable: false, reason: silent }
    : { usable: true };
}

const podman = 'docker is podman here, which is no BuildKit';

/** Podman under docker's name answers `buildx version` with buildah's, and its wrapper says on stderr what it is. */
function isPodman({ stdout, stderr }: Finished): boolean {
  return /\b(?:buildah|podman)\b/i.test(stdout) || /\bpodman\b/i.test(stderr);
}

const silent = 'the Docker daemon does not answer';

async function probeDocker(run: AskedOnce): Promise<Probed> {
  const { missing, client, server, isDocker } = await dockerVersions(run);
  if (missing) return { usable: false, reason: 'docker is not installed' };
  if (!isDocker) return { usable: false, reason: podman };
  if (server === undefined) return { usable: false, reason: silent };
  // From 23 on, the client has no BuildKit of its own and asks for buildx.
  if (Number.parseInt(client ?? '', 10) >= 23 && (await buildxVersion(run)).code !== 0) {
    return { usable: false, reason: 'this docker client builds with buildx only, and buildx is not installed' };
  }
  return { usable: true };
}

/** The versions of the client and of the daemon, which is undefined unless the daemon answers. */
async function dockerVersions(run: AskedOnce): Promise<{
  readonly missing: boolean;
  readonly client: string | undefined;
  readonly server: string | undefined;
  readonly isDocker: boolean;
}> {
  // Both at once: each call of docker takes as long as all that is asked of a registry.
  const asked = await ask(run, { program: 'docker' }, ['version', '--format', '{{json .}}']);
  const { Client: client, Server: server } = parseObject(Buffer.from(asked.stdout)) ?? {};
  return {
    missing: asked.missing,
    // Docker itself spells it ApiVersion.
    isDocker: !isPodman({ ...asked, stdout: '' }) && !Object.hasOwn(Object(client), 'APIVersion'),
    client: versionIn(client),
    server: asked.code === 0 ? versionIn(server) : undefined,
  };
}

function versionIn(side: unknown): string | undefined {
  const version = (side as { readonly Version?: unknown } | null | undefined)?.Version;
  return typeof version === 'string' && version !== '' ? version : undefined;
}

async function probeBuildah(run: AskedOnce): Promise<Probed> {
  const version = await ask(run, { program: 'buildah' }, ['--version']);
  if (version.missing) return { usable: false, reason: 'buildah is not installed' };
  return version.code === 0
    ? { usable: true }
    : { usable: false, reason: `buildah --version ended with ${version.code}` };
}

function buildxVersion(run: AskedOnce): Promise<Finished> {
  return askBuildx(run, 'version');
}

function inspect(builder: string | undefined, run: AskedOnce): Promise<Finished> {
  return askBuildx(run, 'inspect', ...(builder === undefined ? [] : [builder]));
}
