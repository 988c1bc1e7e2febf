import { isObject } from '../../wire/fields.ts';
import { whyNoInnerPath } from '../shape/grammar.ts';
import type { ConfigPath } from './config-path.ts';

/** A map of the file, before its shape is checked. */
export type Raw = Readonly<Record<string, unknown>>;

/** The texts of a list; what else may stand there is for the check of the shape. */
export function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** Where what was filled in comes from, and for which image. */
export type Origins = Map<string, { readonly path: ConfigPath; readonly service: string | undefined }>;

/** What has to be looked up before a tagboat.yaml can be read: `config/` itself touches no files and no programs. */
export interface Lookups {
  readonly folders: readonly FolderLookup[];
  readonly bake?: BakeLookup | undefined;
}

/** A bake or compose file that lists images, by `docker buildx bake --print`. */
export interface BakeLookup {
  readonly is: 'bake' | 'compose';
  /** From the app repo's root. A bake file's paths are relative to that, a compose file's to its own folder. */
  readonly file: string;
  /** Targets and groups. Undefined: the group `default`. */
  readonly targets: readonly string[] | undefined;
}

/** What became of it. */
export type Baked =
  | { readonly is: 'read'; readonly json: Raw }
  | { readonly is: 'noTarget'; readonly target: string; readonly known: readonly string[] }
  | { readonly is: 'noProgram' }
  | { readonly is: 'unreadable'; readonly why: string };

/** Folders of the app repo, and which of them have their Dockerfile. */
export interface FolderLookup {
  readonly pattern: string;
  /** The Dockerfile that the entry names, `{name}` in it for the folder's own. Undefined: `Dockerfile` in the folder. */
  readonly dockerfile: string | undefined;
}

/** The answers. */
export interface Lists {
  /** By their patterns. */
  readonly folders: ReadonlyMap<string, FoundFolders>;
  readonly bake?: Baked | undefined;
}

export interface FoundFolders {
  /** In the order of their paths. */
  readonly folders: readonly FoundFolder[];
  /** Why the looking ended early, as the end of a sentence. */
  readonly tooMany?: string | undefined;
}

export interface FoundFolder {
  /** From the app repo's root. */
  readonly dir: string;
  readonly is: 'service' | 'bare' | 'outside';
}

/** Whether a key of `images:` is a pattern of folders: no name has such characters. */
export function isFolderPattern(key: string): boolean {
  return /[*?[\]{}()]/.test(key);
}

/** Why such a key is no pattern, as the end of "… must be". */
export function whyNoFolderPattern(key: string): string | undefined {
  return key.startsWith('!') ? 'a pattern of folders, such as services/*' : whyNoInnerPath(key);
}

/** What `{name}` is for a folder: its last name, or, where the pattern ends in plain names, the part before them. */
export function nameOfFolder(pattern: string, dir: string): string {
  const plain = pattern.replace(/\/+$/, '').split('/').toReversed().findIndex(isFolderPattern);
  return dir.split('/').at(-1 - Math.max(plain, 0)) ?? '';
}

/** What `{name}` stands for is filled in; `{{name}}` is left for who reads the template. */
export function fillName(text: string, name: string): string {
  return text.replace(/\{\{[^{}]*\}\}|\{name\}/g, (found) => (found === '{name}' ? name : found));
}

/** Every text in it with its `{name}` filled in. */
export function fillAll(value: unknown, name: string): unknown {
  if (typeof value === 'string') return fillName(value, name);
  if (Array.isArray(value)) return value.map((one) => fillAll(one, name));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fillAll(one, name)]));
}

/** The Dockerfile of one of the folders, from the app repo's root. */
export function dockerfileIn({ pattern, dockerfile }: FolderLookup, dir: string): string {
  return dockerfile === undefined ? `${dir}/Dockerfile` : fillName(dockerfile, nameOfFolder(pattern, dir));
}
