import { readFile, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { TagboatError } from '../../errors.ts';
import type { BuildSecret, BuildSsh } from '../../plan/image.ts';
import type { ImagePlan } from '../../plan.ts';
import type { Env, World } from '../../wire/world.ts';
import type { Dockerfile } from '../dockerfile/dockerfile.ts';
import type { Said } from '../dockerfile/instruction.ts';
import type { Needed } from '../dockerfile/stages.ts';

// BuildKit takes no larger one (solver/llbsolver/ops, session/secrets).
const mostSecret = 500 * 1024;

/**
 * Looks whether all that `secrets:` and `ssh:` name is there, and has each content scrubbed from what is printed. Throws
 * BUILD_SECRET_MISSING.
 */
export async function checkSecrets({ name: image, secrets = [], ssh = [] }: ImagePlan, world: World): Promise<void> {
  const missing = (what: string, reason: string) => new TagboatError('BUILD_SECRET_MISSING', { image, what, reason });
  const learn = async (what: string, file: string): Promise<void> => {
    const bytes = await readFile(file).catch(({ code, message }: NodeJS.ErrnoException) => {
      const isAway = code === 'ENOENT' || code === 'ENOTDIR';
      throw missing(what, isAway ? `${file} isn't there` : `${file} can't be read: ${code ?? message}`);
    });
    if (bytes.byteLength > mostSecret) throw missing(what, `${file} is larger than the 500 KiB that builders take`);
    world.mask(bytes.toString('utf8'));
  };
  for (const secret of secrets) {
    const what = `build secret ${secret.id}`;
    if (secret.from === 'src') {
      await learn(what, secret.file);
      continue;
    }
    const value = world.env[secret.variable] ?? '';
    if (value === '') throw missing(what, `the variable ${secret.variable} is not set, or empty`);
    world.mask(value);
  }
  for (const { id, key } of ssh) {
    const what = `SSH access ${id}`;
    if (key !== undefined) {
      await learn(what, key);
      continue;
    }
    const socket = world.env.SSH_AUTH_SOCK ?? '';
    if (socket === '') throw missing(what, 'SSH_AUTH_SOCK is not set, so there is no agent');
    if ((await stat(socket).catch(() => undefined)) === undefined) {
      throw missing(what, `the agent's socket, ${socket}, isn't there`);
    }
  }
}

/** What every builder takes alike: ids, names of variables and files. The secrets' own values are in `env` alone. */
export function secretFlags(
  { secrets = [], ssh = [] }: ImagePlan,
  env: Env,
): { readonly args: readonly string[]; readonly env: Env } {
  const variables = secrets.flatMap((one) => (one.from === 'env' ? [one.variable] : []));
  const agent = ssh.some(({ key }) => key === undefined) ? ['SSH_AUTH_SOCK'] : [];
  return {
    args: [
      ...secrets.flatMap((one) => ['--secret', secretWords(one)]),
      ...ssh.flatMap(({ id, key }) => ['--ssh', key === undefined ? id : `${id}=${key}`]),
    ],
    // What runs builders withholds from them what looks like a secret.
    env: Object.fromEntries([...variables, ...agent].map((name) => [name, env[name]])),
  };
}

/** The type is always said: buildah takes a secret whose id is also a variable's name for that variable. */
function secretWords(secret: BuildSecret): string {
  if (secret.from === 'env') return `id=${secret.id},type=env,env=${secret.variable}`;
  const source = `src=${secret.file}`;
  // A path may have a comma in it, and builders read CSV.
  const field = /[",]/.test(source) ? `"${source.replaceAll('"', '""')}"` : source;
  return `id=${secret.id},type=file,${field}`;
}

/** Whether all that needed stages cannot do without is given. Throws MOUNT_NOT_GIVEN with the line. */
export function checkMounts(image: ImagePlan, dockerfile: Dockerfile, { stages }: Needed): void {
  for (const instruction of stages.flatMap(({ stage }) => stage.instructions)) {
    if (instruction.is !== 'run') continue;
    for (const mount of instruction.mounts) {
      const needed = requiredOf(mount);
      if (needed === undefined) continue;
      const given: readonly (BuildSecret | BuildSsh)[] = image[needed.key] ?? [];
      if (given.some(({ id }) => id === needed.id)) continue;
      const place = dockerfile.place(instruction.at);
      throw new TagboatError('MOUNT_NOT_GIVEN', { image: image.name, ...needed }, { place });
    }
  }
}

/** What a mount can't do without; undefined also where only the builder can tell, for its quotes or variables. */
function requiredOf(
  mount: Said<'run'>['mounts'][number],
): { readonly key: 'secrets' | 'ssh'; readonly id: string } | undefined {
  const { type, required } = mount;
  const key = type === 'secret' ? 'secrets' : type === 'ssh' ? 'ssh' : undefined;
  // Go's strconv.ParseBool; the word alone is true.
  if (key === undefined || required === undefined || !/^(?:1|t|T|TRUE|true|True|)$/.test(required)) return undefined;
  const target = mount.target ?? mount.dst ?? mount.destination ?? '';
  const id = mount.id ?? (key === 'ssh' ? 'default' : posix.basename(target));
  return id === '' || /["$]/.test(id) ? undefined : { key, id };
}
