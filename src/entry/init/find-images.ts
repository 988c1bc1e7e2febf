import { basename, posix } from 'node:path';
import { parse } from 'yaml';
import { freeName, imageNameFrom } from '../migrate/image-refs.ts';

/** An image that a repository is able to build, and the file that says so. */
export interface SeenImage {
  readonly name: string;
  readonly dockerfile: string;
  readonly context: string;
  readonly target?: string | undefined;
  readonly args?: Readonly<Record<string, string>> | undefined;
  readonly from: string;
}

/** Texts of the repository's files that may tell of images, by path from its root. */
export type Texts = Readonly<Record<string, string>>;

const dockerfilePattern = /(?:^|\/)(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?$|\.(?:Dockerfile|dockerfile)$/;
const elsewhere = /(?:^|\/)(?:node_modules|vendor|testdata|\.git|\.devcontainer)\//;

/** Files worth reading when images are looked for. */
export function tellsOfImages(path: string): boolean {
  if (elsewhere.test(path)) return false;
  return dockerfilePattern.test(path) || isCompose(path) || isBake(path);
}

const isCompose = (path: string): boolean => /(?:^|\/)(?:docker-)?compose(?:\.[\w.-]+)?\.ya?ml$/.test(path);
const isBake = (path: string): boolean => /(?:^|\/)docker-bake(?:\.[\w.-]+)?\.(?:hcl|json)$/.test(path);

/** The images that a repository's files tell of: by bake and compose files first, which know the context. Pure. */
export function findImages(texts: Texts, files: readonly string[], repository: string): SeenImage[] {
  const paths = Object.keys(texts).sort();
  const found: SeenImage[] = [];
  const add = (image: SeenImage): void => {
    const same = (one: SeenImage): boolean => one.dockerfile === image.dockerfile && one.target === image.target;
    if (texts[image.dockerfile] === undefined || found.some(same)) return;
    const taken = found.map(({ name }) => name);
    found.push({ ...image, name: freeName(imageNameFrom(image.name), taken) });
  };
  for (const path of paths.filter(isBake)) for (const image of bakeTargets(path, texts[path] ?? '')) add(image);
  for (const path of paths.filter(isCompose)) for (const image of composeServices(path, texts[path] ?? '')) add(image);
  for (const dockerfile of paths.filter((path) => dockerfilePattern.test(path))) {
    if (found.some((image) => image.dockerfile === dockerfile)) continue;
    const folder = posix.dirname(dockerfile);
    const name = folder === '.' ? repository : basename(folder);
    const context = contextOf(texts[dockerfile] ?? '', folder, files);
    add({ name, dockerfile, context, from: dockerfile });
  }
  return found;
}

/** The folder that the Dockerfile's COPY lines are about: its own, unless what they name is at the root alone. */
function contextOf(text: string, folder: string, paths: readonly string[]): string {
  if (folder === '.') return '.';
  const sources = [...text.matchAll(/^\s*(?:COPY|ADD)\s+(?!.*--from=)(?:--\S+\s+)*([^\s[\]"]+)\s+\S/gim)].map(
    ([, source = '']) => source.replace(/^\.\/|\/$/g, ''),
  );
  const isIn = (base: string, source: string): boolean =>
    paths.some((path) => path === posix.join(base, source) || path.startsWith(`${posix.join(base, source)}/`));
  const named = sources.filter((source) => !/^(?:\.|https?:)|[*$]/.test(source) && source !== '');
  if (named.length > 0 && named.every((source) => isIn(folder, source))) return folder;
  return named.length === 0 && sources.includes('.') ? folder : '.';
}

type Build = Readonly<Record<string, unknown>>;

function composeServices(path: string, text: string): SeenImage[] {
  const read = parsed(text) as { services?: Record<string, { build?: unknown } | null> } | undefined;
  return Object.entries(read?.services ?? {}).flatMap(([name, service]) => {
    const build = service?.build;
    return image(name, typeof build === 'string' ? { context: build } : (build as Build | undefined), path);
  });
}

/** Targets of a bake file, each with what it inherits. */
function bakeTargets(path: string, text: string): SeenImage[] {
  const read = path.endsWith('.json')
    ? ((parsed(text) as { target?: Record<string, Build> } | undefined)?.target ?? {})
    : Object.fromEntries([...text.matchAll(/^target\s+"([\w-]+)"\s*\{([\s\S]*?)^\}/gm)].map(hclTarget));
  const whole = (name: string, depth = 0): Build =>
    Object.assign(
      {},
      ...[read[name]?.inherits ?? []].flat().map((base) => (depth > 10 ? {} : whole(String(base), depth + 1))),
      read[name],
    );
  return Object.keys(read)
    .filter((name) => !name.startsWith('_'))
    .flatMap((name) => image(name, whole(name), path));
}

/** A block of HCL as far as it is made of texts and lists of them; anything else stands as `$`, which nobody can tell. */
function hclTarget([, name = '', body = '']: readonly string[]): [string, Build] {
  const [args = ''] = /^\s*args\s*=\s*\{[\s\S]*?\}/m.exec(body) ?? [];
  const pairs = (text: string) =>
    [...text.matchAll(/^[ \t]*"?([\w-]+)"?[ \t]*[=:][ \t]*(.*?),?[ \t]*$/gm)].map(([, key = '', value = '']) => [
      key,
      /^(?:"[^"\\]*"|\[(?:"[^"\\]*"(?:,\s*)?)*\])$/.test(value) ? (parsed(value) as unknown) : '$',
    ]);
  const own = Object.fromEntries(pairs(body.replace(args, '')));
  const given = Object.fromEntries(pairs(args.replace(/^\s*args\s*=\s*\{/, '').replace(/\}$/, '')));
  return [name, args === '' ? own : { ...own, args: given }];
}

/** The image that a build is of; none where a variable decides, or where its Dockerfile is no file. */
function image(name: string, build: Build | undefined, from: string): SeenImage[] {
  if (typeof build !== 'object' || build === null) return [];
  const { context: folder = '.', dockerfile: file = 'Dockerfile', target, args, matrix } = build;
  const decided = [folder, file, target ?? ''].every((one) => typeof one === 'string' && !one.includes('$'));
  const inline = build['dockerfile-inline'] ?? build.dockerfile_inline;
  if (!decided || matrix !== undefined || inline !== undefined) return [];
  const context = posix.join(posix.dirname(from), String(folder)).replace(/\/$/, '') || '.';
  const plain = Object.entries(args instanceof Object && !Array.isArray(args) ? args : {}).flatMap(([key, value]) =>
    /\$/.test(String(value)) ? [] : [[key, String(value)] as const],
  );
  const dockerfile = posix.join(context, String(file));
  return [
    {
      ...{ name: imageNameFrom(name), context, from, dockerfile, target: target as string | undefined },
      args: plain.length === 0 ? undefined : Object.fromEntries(plain),
    },
  ];
}

function parsed(text: string): unknown {
  try {
    // Warnings would go to standard error, with words of the file.
    return parse(text, { merge: true, logLevel: 'error' });
  } catch {
    return undefined;
  }
}
