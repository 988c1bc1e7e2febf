import { posix } from 'node:path';
import { isObject } from '../../wire/fields.ts';
import { parseReference } from '../../wire/oci/reference.ts';
import { secretsOf } from '../../wire/secret-names.ts';
import type { Env } from '../../wire/world.ts';
import { namesIn, type Raw } from './lists.ts';

/** A target of a bake or compose file as an entry of `images:`. */
export interface BakedImage {
  readonly image: Raw;
  /** What the target has and its image does without, as the end of "… is left out: ". */
  readonly leftOut: readonly string[];
  /** What would make it another image, as the end of a sentence. */
  readonly refused: readonly string[];
}

/** What a target's image is placed by. */
export interface Baking {
  /** `registry:` as the file has it: host, and what all repositories begin with. */
  readonly registry: string;
  /** The folder that the target's paths are relative to, from the app repo's root; empty: the root. */
  readonly dir: string;
  readonly env: Env;
}

/** The targets that are asked for, their groups resolved, by what `docker buildx bake --print` printed. */
export function targetsIn({ group, target }: Raw, asked: readonly string[]): readonly (readonly [string, Raw])[] {
  const [groups, targets] = [isObject(group) ? group : {}, isObject(target) ? target : {}];
  // Groups may name each other.
  const names = new Set(asked);
  for (const name of names) {
    const { targets: inner } = isObject(groups[name]) ? groups[name] : {};
    for (const one of namesIn(inner)) names.add(one);
  }
  return [...names].flatMap((name) => (isObject(targets[name]) ? [[name, targets[name]] as const] : []));
}

const neutral = new Set(['description', 'pull', 'dockerfile', 'context', 'target', 'platforms']);
// Without these a build fails, or is slower: it makes no other image.
const needless: Readonly<Record<string, string>> = {
  'cache-from': 'caches are those of `cache:`',
  'cache-to': 'caches are those of `cache:`',
  'shm-size': 'the builder has its own',
  ulimits: 'the builder has its own',
};

/** Pure. Texts that would be variables of ours are kept as the texts they are in bake. */
export function imageOfTarget(target: Raw, { registry, dir, env }: Baking): BakedImage {
  const leftOut: string[] = [];
  const refused: string[] = [];
  const inside = (path: string): string => (/^[/~]/.test(path) ? path : joined(dir, path));
  const local = (path: string): string => inside(path.replace(/^cwd:\/\//, ''));
  const context = text(target.context, '.');
  if (isUrl(context)) refused.push(`its context is ${context}, which is fetched`);
  const dockerfile = text(target.dockerfile, 'Dockerfile');
  const base = /^cwd:\/\//.test(dockerfile) || dockerfile.startsWith('/') ? local(dockerfile) : undefined;

  const readers: Readonly<Record<string, (value: unknown) => Raw>> = {
    contexts: (value) => ({
      contexts: mapped(value, (where) => {
        if (where.startsWith('target:'))
          refused.push(`its context is the target ${where.slice(7)}: build that as an image, name it docker-image://…`);
        const layout = /^oci-layout:\/\/(.*)$/s.exec(where)?.[1];
        if (layout !== undefined) return `oci-layout://${inside(layout)}`;
        return isUrl(where) || /^(?:docker-image|target):/.test(where) ? where : local(where);
      }),
    }),
    args: (value) => ({ args: mapped(value, (text) => text) }),
    labels: (value) => ({ labels: mapped(value, literal) }),
    annotations: (value) => ({ annotations: annotationsOf(namesIn(value), refused) }),
    tags: (value) => tagsOf(namesIn(value), registry, { leftOut, refused }),
    secret: (value) => ({ secrets: Object.fromEntries(maps(value).map((one) => secretOf(one, inside, env))) }),
    ssh: (value) => ({ ssh: sshOf(maps(value), inside, refused) }),
    attest: (value) => attestOf(maps(value), refused),
    output: (value) => {
      for (const { type, dest } of maps(value)) {
        if (type !== 'registry' && type !== 'image' && type !== 'cacheonly')
          leftOut.push(`output (${text(type, 'local')}${dest === undefined ? '' : ` to ${dest}`}): it is pushed`);
      }
      return {};
    },
    'no-cache': (value) => (value === true ? { refresh: 'always', cache: false } : {}),
    'no-cache-filter': () => ({ refresh: 'always', cache: false }),
  };
  const image: Record<string, unknown> = {
    context: local(context),
    dockerfile: base ?? joined(local(context), dockerfile),
  };
  for (const key of ['target', 'platforms']) if (isGiven(target[key])) image[key] = target[key];
  for (const [key, value] of Object.entries(target)) {
    if (neutral.has(key) || !isGiven(value)) continue;
    const read = Object.hasOwn(readers, key) ? readers[key] : undefined;
    const [secret] = secretsOf(env).find(([, one]) => textsIn(value).some((text) => text.includes(one))) ?? [];
    if (secret !== undefined && read !== undefined && key !== 'output')
      refused.push(`it has the value of ${secret} in ${key}, where it can be read: give it to RUN by \`secret\``);
    if (read !== undefined) Object.assign(image, read(value));
    else if (needless[key] !== undefined) leftOut.push(`${key}: ${needless[key]}`);
    else if (!(key === 'network' && value === 'default') && !(key === 'call' && value === 'build'))
      refused.push(`it has ${key}, which can't be asked for here`);
  }
  return { image, leftOut, refused };
}

/** In our registry, the name is the repository and its tag one more tag; elsewhere nothing is pushed. */
function tagsOf(all: readonly string[], registry: string, about: { leftOut: string[]; refused: string[] }): Raw {
  const [host = '', ...rest] = registry.split('/');
  const prefix = rest.length === 0 ? '' : `${rest.join('/')}/`;
  const tags = new Set<string>();
  const repositories = new Set<string>();
  for (const one of all) {
    const reference = parseReference(one);
    if (reference === undefined || reference.host !== host || !reference.repository.startsWith(prefix)) {
      about.leftOut.push(`the tag ${one}: it is not in ${registry === '' ? 'a registry of this file' : registry}`);
      continue;
    }
    repositories.add(reference.repository.slice(prefix.length));
    tags.add(reference.tag ?? 'latest');
  }
  if (repositories.size > 1)
    about.refused.push(`its tags are of several repositories: ${[...repositories].join(', ')}`);
  const [repository] = repositories;
  return repository === undefined ? {} : { repository, tags: [...tags] };
}

/** One id alone is a variable where one of that name is set, and else a file. */
function secretOf({ id, env, src }: Raw, inside: (path: string) => string, variables: Env): readonly [string, Raw] {
  const name = text(id, '');
  if (env !== undefined) return [name, { env }];
  if (src === undefined && variables[name] !== undefined) return [name, { env: name }];
  return [name, { src: inside(text(src, name)) }];
}

function sshOf(all: readonly Raw[], inside: (path: string) => string, refused: string[]): unknown {
  const keys = all.map(({ id, paths }) => {
    const [path, more] = namesIn(paths);
    if (more !== undefined) refused.push(`it has several keys for the ssh id ${text(id, '')}`);
    return [text(id, 'default'), path === undefined ? 'agent' : inside(path)] as const;
  });
  return keys.length === 1 && keys[0]?.[0] === 'default' && keys[0][1] === 'agent'
    ? 'default'
    : Object.fromEntries(keys);
}

function attestOf(all: readonly Raw[], refused: string[]): Raw {
  const attest: Record<string, unknown> = {};
  for (const { type, mode, generator, disabled, ...others } of all) {
    const isOff = disabled === true || disabled === 'true';
    if (type === 'sbom') attest.sbom = !isOff && (generator ?? true);
    else if (type === 'provenance') attest.provenance = isOff ? false : (mode ?? 'min');
    else refused.push(`it has the attestation ${text(type, '')}`);
    for (const key of Object.keys(others)) refused.push(`its attestation ${text(type, '')} has ${key}`);
  }
  return Object.keys(attest).length === 0 ? {} : { attest };
}

/** `[KIND,…:]NAME=VALUE`. Ours stand in the manifest and in the index where there is one. */
function annotationsOf(all: readonly string[], refused: string[]): Raw {
  return Object.fromEntries(
    all.map((one) => {
      const [, kinds, name = '', value = ''] = /^(?:([a-z,\-[\]/0-9]+):)?([^=]*)=(.*)$/s.exec(one) ?? [];
      if (kinds !== undefined && !/^(?:manifest|index)(?:,(?:manifest|index))*$/.test(kinds))
        refused.push(`its annotation ${name} is for ${kinds}`);
      return [name, literal(value)];
    }),
  );
}

/** The same text where it is a template: `{{name}}` stands for `{name}`. */
function literal(value: string): string {
  return value.replace(/\{[a-zA-Z]+(?:\.[\w-]+)?\}/g, '{$&}');
}

/** A null is what bake has for a name without a value. */
function mapped(value: unknown, change: (text: string) => string): Raw {
  const all = isObject(value) ? Object.entries(value).filter(([, one]) => one !== null) : [];
  return Object.fromEntries(all.map(([key, one]) => [key, typeof one === 'string' ? change(one) : one]));
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function maps(value: unknown): Raw[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isGiven(value: unknown): boolean {
  const isEmpty = isObject(value) ? Object.keys(value).length === 0 : Array.isArray(value) && value.length === 0;
  return value !== undefined && value !== null && value !== false && value !== '' && !isEmpty;
}

function isUrl(where: string): boolean {
  return /^(?:https?|git|ssh):\/\/|^git@|^github\.com\//.test(where);
}

function joined(dir: string, path: string): string {
  return posix.join(dir, path).replace(/(?<=.)\/$/, '');
}

function text(value: unknown, usual: string): string {
  return typeof value === 'string' ? value : usual;
}
