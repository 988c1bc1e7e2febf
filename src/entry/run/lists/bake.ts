import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Baked, BakeLookup } from '../../../config/read/lists.ts';
import { isObject, jsonIn } from '../../../wire/fields.ts';
import { beginning } from '../../../wire/text/shorten.ts';
import type { World } from '../../../wire/world.ts';
import { withoutOurs } from '../world.ts';

const most = 8 * 1024 * 1024;

/**
 * What `docker buildx bake` makes of a bake or compose file, as JSON: no HCL is read here, and buildx reads compose files
 * too, with `x-bake` and `additional_contexts`. Nothing is built. Its paths are relative to the folder that it runs in.
 */
export async function readBake(world: World, root: string, { is, file, targets }: BakeLookup): Promise<Baked> {
  const found = await access(join(root, file)).then(
    () => true,
    () => false,
  );
  if (!found) return { is: 'unreadable', why: "the file isn't there" };
  const [cwd, name] = is === 'bake' ? [root, file] : [join(root, dirname(file)), basename(file)];
  // Without a variable that looks like a secret, what it makes of the file would be something else, and nobody told.
  const env = withoutOurs(world.env);
  const ask = (...args: string[]) =>
    world.exec({
      ...{ program: 'docker', args: ['buildx', 'bake', '--file', name, ...args], cwd, env },
      ...{ signal: world.signal, timeoutMs: 60_000, keep: most },
    });
  const printed = await ask('--print', ...(targets ?? []));
  if (printed.missing) return { is: 'noProgram' };
  const json = printed.code === 0 ? jsonIn(printed.stdout) : undefined;
  if (isObject(json)) return { is: 'read', json };
  const listed = jsonIn((await ask('--list', 'type=targets,format=json')).stdout);
  const known = Array.isArray(listed) ? listed.flatMap((one) => (isObject(one) ? [String(one.name)] : [])) : [];
  const unknown = known.length === 0 ? undefined : (targets ?? ['default']).find((one) => !known.includes(one));
  if (unknown !== undefined) return { is: 'noTarget', target: unknown, known };
  const version = await world.exec({
    ...{ program: 'docker', args: ['buildx', 'version'], signal: world.signal, timeoutMs: 20_000, keep: 4_096 },
  });
  if (version.code !== 0) return { is: 'noProgram' };
  const words = printed.stderr.split('\n').filter((line) => line.trim() !== '' && !/^#\d+ /.test(line));
  return { is: 'unreadable', why: beginning(words.join(' '), 1_000) || `it ended with ${printed.code}` };
}
