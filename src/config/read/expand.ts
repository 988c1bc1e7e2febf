import { nearestWord } from '../../errors/spelling.ts';
import { TagboatError } from '../../errors.ts';
import { isObject } from '../../wire/fields.ts';
import type { Env } from '../../wire/world.ts';
import { whyNoName } from '../shape/grammar.ts';
import { type ConfigPath, spotKey } from './config-path.ts';
import { bakeLookup, expandBake, type LeftOutOfBake } from './expand-bake.ts';
import { expandDeliveries } from './expand-deliveries.ts';
import {
  dockerfileIn,
  type FolderLookup,
  fillAll,
  isFolderPattern,
  type Lists,
  type Lookups,
  nameOfFolder,
  namesIn,
  type Origins,
  type Raw,
  whyNoFolderPattern,
} from './lists.ts';
import type { ConfigText } from './read.ts';

/** The file with each entry in the place of those that it stands for, and what is wrong with such entries. */
export interface ExpandedConfig {
  readonly read: ConfigText;
  /** The images that `{name}` stands for, by name. */
  readonly services: readonly string[];
  readonly leftOut?: readonly LeftOutOfBake[] | undefined;
  readonly mistakes: readonly TagboatError[];
}

/** What has to be looked up for the file. Pure. */
export function lookupsOf({ value }: ConfigText): Lookups {
  const images = isObject(value) && isObject(value.images) ? value.images : {};
  const folders = Object.entries(images).flatMap(([key, entry]) => folderLookup(key, entry) ?? []);
  return { folders, bake: bakeLookup(images) };
}

function folderLookup(pattern: string, entry: unknown): FolderLookup | undefined {
  if (!isFolderPattern(pattern) || whyNoFolderPattern(pattern) !== undefined) return undefined;
  const { dockerfile } = isObject(entry) ? entry : {};
  return { pattern, dockerfile: typeof dockerfile === 'string' ? dockerfile : undefined };
}

/**
 * Puts images in the place of the entries that stand for several, and values in the place of those with `{name}`, each
 * with the place of its entry. Pure. Without `lists`, such entries are mistakes.
 */
export function expandConfig(read: ConfigText, lists: Lists | undefined, env: Env): ExpandedConfig {
  const { value } = read;
  if (!isObject(value) || !isObject(value.images)) return { read, services: [], mistakes: [] };
  const origins: Origins = new Map();
  const { names, leftOut, ...baked } = expandBake(value.images, { read, lists, origins, env });
  const images = expandImages(baked.images, { read, lists, origins });
  const services = [...new Set([...names, ...images.services])];
  const mistakes = [...baked.mistakes, ...images.mistakes];
  if (services.length === 0 && mistakes.length === 0) return { read, services, mistakes };
  const deliveries = expandDeliveries(value.deliveries, services, { file: read.file, origins });
  const expanded = { ...value, images: images.images, ...(deliveries === undefined ? {} : { deliveries }) };
  const found = (path: ConfigPath) => {
    for (let length = path.length; length > 1; length -= 1) {
      const origin = origins.get(spotKey(path.slice(0, length)));
      if (origin !== undefined) return { path: [...origin.path, ...path.slice(length)], service: origin.service };
    }
    return undefined;
  };
  const originOf = (path: ConfigPath): ConfigPath => found(path)?.path ?? path;
  return {
    services,
    leftOut,
    mistakes,
    read: {
      file: read.file,
      value: expanded,
      placeOf: (path, part) => read.placeOf(originOf(path), part),
      typeOf: (path) => read.typeOf(originOf(path)),
      isUnknown: (path) => read.isUnknown(originOf(path)),
      originOf,
      serviceAt: (path) => found(path)?.service,
    },
  };
}

interface Within {
  readonly read: ConfigText;
  readonly lists: Lists | undefined;
  readonly origins: Origins;
}

function expandImages(
  raw: Raw,
  { read, lists, origins }: Within,
): { readonly images: Raw; readonly services: readonly string[]; readonly mistakes: readonly TagboatError[] } {
  const { file } = read;
  const mistakes: TagboatError[] = [];
  const images = new Map<string, unknown>();
  /** The folders of the images, by name. */
  const services = new Map<string, string>();
  const foldersOf = (lookup: FolderLookup, entry: Raw) => {
    const { pattern } = lookup;
    const at = ['images', pattern];
    const place = read.placeOf(at, 'key');
    const listed = lists?.folders.get(pattern);
    if (listed === undefined) {
      mistakes.push(new TagboatError('IMAGES_NOT_LOOKED_UP', { file, pattern }, { place }));
      return [];
    }
    if (listed.tooMany !== undefined) {
      mistakes.push(new TagboatError('FOLDERS_TOO_MANY', { file, pattern, why: listed.tooMany }, { place }));
      return [];
    }
    const all = listed.folders.map((one) => ({ ...one, name: nameOfFolder(pattern, one.dir) }));
    for (const key of ['only', 'except'] as const) {
      for (const [index, name] of namesIn(entry[key]).entries()) {
        const [first] = all.filter((one) => one.name === name);
        if (first !== undefined && (key === 'except' || first.is !== 'bare')) continue;
        const guess = nearestWord(
          name,
          all.map((one) => one.name),
        );
        const why =
          first === undefined
            ? `no folder of that name matches${guess === undefined ? '' : ` (did you mean ${guess}?)`}`
            : `${dockerfileIn(lookup, first.dir)} isn't there`;
        const place = read.placeOf([...at, key, index], 'value');
        const error = new TagboatError('FOLDER_WITHOUT_DOCKERFILE', { file, pattern, name, why }, { place });
        mistakes.push(error);
      }
    }
    const [only, except] = [namesIn(entry.only), namesIn(entry.except)];
    const meant = all.filter(
      ({ name, is }) => is !== 'bare' && (only.length === 0 || only.includes(name)) && !except.includes(name),
    );
    if (meant.length === 0) {
      const why =
        all.length === 0
          ? 'no folder matches it'
          : all.every(({ is }) => is === 'bare')
            ? `none of the ${all.length} folders that match has a Dockerfile (${dockerfileIn(lookup, all[0]?.dir ?? '')})`
            : 'only: and except: leave none of the folders';
      mistakes.push(new TagboatError('FOLDERS_NOT_FOUND', { file, pattern, why }, { place }));
    }
    return meant;
  };
  for (const [key, value] of Object.entries(raw)) {
    if (!isFolderPattern(key)) {
      if (!images.has(key)) images.set(key, value);
      continue;
    }
    const entry = isObject(value) ? value : {};
    const at = ['images', key];
    const lookup = folderLookup(key, entry);
    if (lookup === undefined) {
      const why = `must be ${whyNoFolderPattern(key)}`;
      const data = { file, key: `images["${key}"]`, why };
      mistakes.push(new TagboatError('CONFIG_VALUE_INVALID', data, { place: read.placeOf(at, 'key') }));
      continue;
    }
    for (const { name, dir, is } of foldersOf(lookup, entry)) {
      const own = Object.hasOwn(raw, name) ? raw[name] : undefined;
      const other = [...services].find(([one, folder]) => one === name || folder === dir)?.[1];
      const why = whyUnusable({ name, dir, is, own, other });
      if (why !== undefined) {
        const data = { file, pattern: key, folder: dir, why };
        mistakes.push(new TagboatError('FOLDER_UNUSABLE', data, { place: read.placeOf(at, 'key') }));
        continue;
      }
      services.set(name, dir);
      const { only: _, except: __, ...shared } = entry;
      const isMap = isObject(value) || value === null;
      const usual = entry.from === undefined ? { dockerfile: `${dir}/Dockerfile`, context: dir } : {};
      const filled = isMap ? { ...usual, ...(fillAll(keepWrong(shared, entry), name) as Raw) } : value;
      if (own === undefined || !isObject(filled)) {
        images.set(name, filled);
        origins.set(spotKey(['images', name]), { path: at, service: name });
        continue;
      }
      // Its own entry wins, key by key; one that something else builds has no use for keys of building.
      const isBuiltHere = isObject(own) && own.from === undefined;
      images.set(name, isObject(own) ? { ...(isBuiltHere ? filled : {}), ...(fillAll(own, name) as Raw) } : own);
      for (const one of Object.keys(filled)) {
        if (!isObject(own) || !Object.hasOwn(own, one))
          origins.set(spotKey(['images', name, one]), { path: [...at, one], service: name });
      }
    }
  }
  return { images: Object.fromEntries(images), services: [...services.keys()], mistakes };
}

/** `only` and `except` stay where they are no lists of texts: the check of the shape tells that. */
function keepWrong(shared: Raw, { only, except }: Raw): Raw {
  const isRight = (value: unknown) =>
    value === undefined || (Array.isArray(value) && value.length > 0 && namesIn(value).length === value.length);
  return { ...shared, ...(isRight(only) ? {} : { only }), ...(isRight(except) ? {} : { except }) };
}

function whyUnusable(folder: {
  readonly name: string;
  readonly dir: string;
  readonly is: string;
  readonly own: unknown;
  readonly other: string | undefined;
}): string | undefined {
  const { name, dir, is, own, other } = folder;
  if (is === 'outside') return 'is a link to somewhere outside of the app repo';
  const noName = whyNoName(name);
  if (noName !== undefined) return `has a name that no image can have: it must be ${noName}`;
  if (other !== undefined) {
    return other === dir ? 'another pattern stands for already' : `has the same name as ${other}`;
  }
  // An image that has nothing to do with the folder but its name: nobody would build the folder.
  const context = isObject(own) && typeof own.context === 'string' ? own.context.replace(/^(?:\.\/)+|\/+$/g, '') : '.';
  const isKin = context === '.' || `${dir}/`.startsWith(`${context}/`) || `${context}/`.startsWith(`${dir}/`);
  return isKin ? undefined : `has the name of images.${name}, which is of another folder, ${context}`;
}
