import { basename, posix } from 'node:path';
import { parse } from 'yaml';

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
    found.push({ ...image, name: freeName(image.name, found) });
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

function composeServices(path: string, text: string): SeenImage[] {
  const read = parsed(text) as { services?: Record<string, { build?: unknown } | null> } | undefined;
  const base = posix.dirname(path);
  return Object.entries(read?.services ?? {}).flatMap(([name, service]): SeenImage[] => {
    const build = service?.build;
    if (typeof build === 'string') return [image(name, { context: posix.join(base, build) }, path)];
    if (typeof build !== 'object' || build === null) return [];
    const { context, dockerfile, target, args } = build as Record<string, unknown>;
    const dir = posix.join(base, typeof context === 'string' ? context : '.');
    return [image(name, { context: dir, dockerfile, target, args }, path)];
  });
}

/** Targets of a bake file, as far as they say what they build by plain texts. */
function bakeTargets(path: string, text: string): SeenImage[] {
  const base = posix.dirname(path);
  const targets: [string, Record<string, unknown>][] = path.endsWith('.json')
    ? Object.entries((parsed(text) as { target?: Record<string, Record<string, unknown>> } | undefined)?.target ?? {})
    : [...text.matchAll(/^target\s+"([\w-]+)"\s*\{([\s\S]*?)^\}/gm)].map(([, name = '', body = '']) => [
        name,
        Object.fromEntries(
          [...body.matchAll(/^\s*(context|dockerfile|target)\s*=\s*"([^"$]*)"/gm)].map(([, key = '', value]) => [
            key,
            value,
          ]),
        ),
      ]);
  return targets
    .filter(([name]) => !name.startsWith('_'))
    .map(([name, { context, ...rest }]) =>
      image(name, { context: posix.join(base, typeof context === 'string' ? context : '.'), ...rest }, path),
    );
}

function image(name: string, build: Record<string, unknown>, from: string): SeenImage {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const context = text(build.context)?.replace(/\/$/, '') ?? '.';
  const args =
    typeof build.args === 'object' && build.args !== null && !Array.isArray(build.args)
      ? (build.args as Record<string, unknown>)
      : {};
  const plain = Object.entries(args).flatMap(([key, value]) =>
    /\$/.test(String(value)) ? [] : [[key, String(value)] as const],
  );
  return {
    ...{ name: imageNameFrom(name), context, from, target: text(build.target) },
    dockerfile: posix.join(context, text(build.dockerfile) ?? 'Dockerfile'),
    args: plain.length === 0 ? undefined : Object.fromEntries(plain),
  };
}

function parsed(text: string): unknown {
  try {
    return parse(text, { merge: true });
  } catch {
    return undefined;
  }
}

/** A name as an image may have it. */
function imageNameFrom(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'app'
  );
}

function freeName(wanted: string, taken: readonly SeenImage[]): string {
  const stem = imageNameFrom(wanted);
  let name = stem;
  for (let n = 2; taken.some((one) => one.name === name); n++) name = `${stem}-${n}`;
  return name;
}
