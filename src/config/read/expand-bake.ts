import { nearestWord } from '../../errors/spelling.ts';
import { TagboatError } from '../../errors.ts';
import { isObject } from '../../wire/fields.ts';
import type { Env } from '../../wire/world.ts';
import { whyNoInnerPath } from '../shape/grammar.ts';
import { type BakedImage, imageOfTarget, targetsIn } from './bake.ts';
import { spotKey } from './config-path.ts';
import { type BakeLookup, isFolderPattern, type Lists, namesIn, type Origins, type Raw } from './lists.ts';
import type { ConfigText } from './read.ts';

/** What an image's target has, and the image does without. */
export interface LeftOutOfBake {
  readonly image: string;
  readonly what: string;
}

interface Within {
  readonly read: ConfigText;
  readonly lists: Lists | undefined;
  readonly origins: Origins;
  readonly env: Env;
}

interface BakeExpanded {
  readonly images: Raw;
  readonly names: readonly string[];
  readonly leftOut: readonly LeftOutOfBake[];
  readonly mistakes: readonly TagboatError[];
}

/** The bake or compose file that `images:` names. A map under these keys is an image of that name. */
export function bakeLookup(images: Raw): BakeLookup | undefined {
  const is = (['bake', 'compose'] as const).find((key) => typeof images[key] === 'string');
  const file = is && images[is];
  if (is === undefined || typeof file !== 'string' || whyNoInnerPath(file) !== undefined) return undefined;
  return { is, file, targets: Array.isArray(images.targets) ? namesIn(images.targets) : undefined };
}

/** Puts the targets of a bake or compose file in its place; an entry by a target's name wins, key by key. Pure. */
export function expandBake(raw: Raw, { read, lists, origins, env }: Within): BakeExpanded {
  const { file } = read;
  const given = (['bake', 'compose'] as const).filter((key) => typeof raw[key] === 'string');
  const [is] = given;
  const nothing = { images: raw, names: [], leftOut: [] };
  if (is === undefined) return { ...nothing, mistakes: [] };
  const at = ['images', is];
  const place = read.placeOf(at, 'value');
  const { [is]: named, targets, ...others } = raw;
  const bake = String(named);
  const wrong = (key: string, why: string) => {
    const place = read.placeOf(['images', key], 'value');
    const error = new TagboatError('CONFIG_VALUE_INVALID', { file, key: `images.${key}`, why }, { place });
    return { ...nothing, images: others, mistakes: [error] };
  };
  if (given.length > 1) return wrong('compose', 'stands beside `bake`: name one of them');
  const why = whyNoInnerPath(bake);
  if (why !== undefined) return wrong(is, `must be ${why}`);
  const isList = Array.isArray(targets) && targets.length > 0 && namesIn(targets).length === targets.length;
  const isWord = (one: string) => /^[A-Za-z0-9_][\w-]*$/.test(one);
  if (targets !== undefined && !(isList && namesIn(targets).every(isWord)))
    return wrong('targets', 'must be a list of names of targets');
  const asked = namesIn(targets);
  const failed = (error: TagboatError) => ({ ...nothing, images: others, mistakes: [error] });
  const found = lists?.bake;
  switch (found?.is) {
    case undefined:
      return failed(new TagboatError('IMAGES_NOT_LOOKED_UP', { file, pattern: is }, { place }));
    case 'noProgram':
      return failed(new TagboatError('BAKE_NO_BUILDX', { file, bake }, { place }));
    case 'unreadable':
      return failed(new TagboatError('BAKE_UNREADABLE', { file, bake, why: found.why }, { place }));
    case 'noTarget': {
      const { target, known } = found;
      const where =
        asked.indexOf(target) < 0 ? place : read.placeOf(['images', 'targets', asked.indexOf(target)], 'value');
      const data = { file, bake, target, known, nearest: nearestWord(target, known) };
      return failed(new TagboatError('BAKE_TARGET_UNKNOWN', data, { place: where }));
    }
    case 'read':
      break;
  }
  const all = targetsIn(found.json, asked.length === 0 ? ['default'] : asked);
  const dir = is === 'compose' && bake.includes('/') ? bake.slice(0, bake.lastIndexOf('/')) : '';
  const { registry } = read.value as Raw;
  const host = isObject(registry) ? registry.host : registry;
  const baking = { registry: typeof host === 'string' ? host : '', dir, env };
  const known = all.map(([name]) => name);
  const mistakes: TagboatError[] = [];
  if (all.length === 0)
    mistakes.push(new TagboatError('BAKE_UNREADABLE', { file, bake, why: 'it has no target to build' }, { place }));
  for (const [name, own] of Object.entries(others)) {
    if (isFolderPattern(name) || known.includes(name)) continue;
    // A name that is misspelt would be built from the Dockerfile at the root.
    if (isObject(own) && ['context', 'dockerfile', 'from'].some((key) => own[key] !== undefined)) continue;
    const data = { file, bake, target: name, known, nearest: nearestWord(name, known) };
    mistakes.push(new TagboatError('BAKE_TARGET_UNKNOWN', data, { place: read.placeOf(['images', name], 'key') }));
  }
  const leftOut: LeftOutOfBake[] = [];
  const made = all.map(([name, target]): [string, unknown] => {
    const own = Object.hasOwn(others, name) ? others[name] : undefined;
    const taken: BakedImage = imageOfTarget(target, baking);
    for (const why of taken.refused)
      mistakes.push(new TagboatError('BAKE_UNSUPPORTED', { file, bake, target: name, why }, { place }));
    leftOut.push(...taken.leftOut.map((what) => ({ image: name, what })));
    if (own !== undefined && own !== null && !isObject(own)) return [name, own];
    origins.set(spotKey(['images', name]), { path: own === undefined ? at : ['images', name], service: name });
    for (const key of Object.keys(taken.image)) {
      if (!isObject(own) || !Object.hasOwn(own, key))
        origins.set(spotKey(['images', name, key]), { path: at, service: name });
    }
    return [name, { ...taken.image, ...(isObject(own) ? own : {}) }];
  });
  return { images: { ...Object.fromEntries(made), ...without(others, known) }, names: known, leftOut, mistakes };
}

function without(images: Raw, names: readonly string[]): Raw {
  return Object.fromEntries(Object.entries(images).filter(([name]) => !names.includes(name)));
}
