import { posix } from 'node:path';
import { contentVariable, type SignPlan } from '../../plan/image.ts';
import type { RegistryPlan } from '../../plan.ts';
import { isLoopback } from '../../wire/oci/reference.ts';
import type { ImageConfig } from '../shape/checked.ts';
import { whyNoFile, whyNoImage, whyNoInnerPath, whyNoName, whyNoRepository } from '../shape/grammar.ts';
import { besideFrom, type ImageShape } from '../shape/image.ts';
import { whyNoPlatform } from '../shape/platform.ts';
import { ofSource, parseTemplate } from '../shape/template.ts';
import { checkBuilder, isWord } from './builder.ts';
import type { Checks } from './checks.ts';
import { checkContexts } from './contexts.ts';
import { checkMarks } from './marks.ts';
import { checkBuildSecrets, checkSsh } from './secrets.ts';

interface Defaults {
  readonly registry: RegistryPlan | undefined;
  readonly tag: string;
}

const nowhere: RegistryPlan = { host: '', prefix: '', login: 'auto', insecure: false };

export function checkImages(
  raw: Readonly<Record<string, ImageShape>>,
  defaults: Defaults,
  checks: Checks,
): ImageConfig[] {
  const images: ImageConfig[] = [];
  const { registry = nowhere } = defaults;
  if (defaults.registry === undefined && Object.values(raw).some(({ from }) => from === undefined)) {
    checks.missing(['registry'], 'images have to be pushed somewhere');
  }
  for (const [name, image] of Object.entries(raw)) {
    const checked = checkImage(name, image, { ...defaults, registry }, checks);
    // Of one content they are one image.
    const tagsOf = ({ tag, tags, from }: ImageConfig) =>
      from !== undefined ? [] : [tag, ...tags].filter((one) => !one.includes(contentVariable));
    const tags = tagsOf(checked);
    const isTwin = (one: ImageConfig) => tagsOf(one).some((other) => tags.includes(other));
    const twin = images.find((one) => one.repository === checked.repository && isTwin(one));
    if (twin !== undefined) {
      const why = `has the same repository and tag as images.${twin.name}: the one pushed last would replace the other`;
      checks.refuse(['images', name], why, 'key');
    }
    images.push(checked);
  }
  return images;
}

function checkImage(
  name: string,
  raw: ImageShape,
  { registry, tag }: Defaults & { readonly registry: RegistryPlan },
  checks: Checks,
): ImageConfig {
  const at = (...steps: (string | number)[]) => ['images', name, ...steps];
  checks.mustBe(at(), whyNoName(name), 'key');
  const prefix = registry.prefix === '' ? '' : `${registry.prefix}/`;
  const repository = prefix + (raw.repository ?? name);
  const isNamed = raw.repository !== undefined;
  if (raw.from !== undefined) checkFrom(at, raw, checks);
  else checks.mustBe(isNamed ? at('repository') : at(), whyNoRepository(repository), isNamed ? 'value' : 'key');
  if (raw.tag !== undefined) checks.tagTemplate(at('tag'), raw.tag);
  const tags = (raw.tags ?? []).map(String);
  for (const [index, one] of tags.entries()) {
    checks.tagTemplate(at('tags', index), one);
    if (one.includes(contentVariable))
      checks.refuse(at('tags', index), `has ${contentVariable}, which is for \`tag\` alone`);
    if (tags.indexOf(one) !== index) checks.refuse(at('tags', index), 'stands twice in the list');
  }
  for (const key of ['only', 'except'] as const) {
    if (raw[key] !== undefined)
      checks.refuse(at(key), 'is for an entry that stands for several, such as services/*', 'key');
  }
  const context = innerPath(at('context'), raw.context ?? '.', checks);
  // As `docker build CONTEXT` has it, and docker/build-push-action.
  const dockerfile = innerPath(at('dockerfile'), raw.dockerfile ?? posix.join(context, 'Dockerfile'), checks);
  const word = 'one word of letters, digits, "_", "." and "-"';
  checks.mustBe(at('target'), raw.target === undefined || isWord(raw.target) ? undefined : word);
  const builder = checkBuilder(at('builder'), raw.builder, checks);
  if (typeof raw.attest?.sbom === 'string') {
    const isImage = /^[\w][\w./:@-]{0,500}$/.test(raw.attest.sbom);
    checks.mustBe(at('attest', 'sbom'), isImage ? undefined : 'true, false or the name of an image');
  }
  // Nobody says what an image that something else builds is to run on.
  const platforms = raw.platforms ?? (raw.from === undefined ? ['linux/amd64'] : []);
  for (const [index, platform] of platforms.entries()) {
    checks.mustBe(at('platforms', index), whyNoPlatform(platform));
    if (platforms.indexOf(platform) !== index) checks.refuse(at('platforms', index), 'stands twice in the list');
  }
  for (const key of ['builder', 'attest'] as const) {
    if (raw[key] !== undefined && raw.engine !== undefined && raw.engine !== 'auto' && raw.engine !== 'buildx') {
      checks.refuse(at(key), `is for the engine buildx, not ${raw.engine}`);
    }
  }
  if (raw.contexts !== undefined && (raw.engine === 'docker' || raw.engine === 'buildah')) {
    checks.refuse(at('contexts'), `is for the engines buildx and assemble, not ${raw.engine}`);
  }
  for (const key of ['secrets', 'ssh'] as const) {
    if (raw[key] !== undefined && raw.engine === 'assemble') {
      checks.refuse(at(key), 'is for what a RUN mounts, and the engine assemble has none');
    }
  }
  if (raw.annotations !== undefined && raw.engine === 'docker') {
    checks.refuse(at('annotations'), 'is for the engines buildx, assemble and buildah, not docker');
  }
  if (raw.compression === 'zstd' && (raw.engine === 'docker' || raw.engine === 'buildah')) {
    checks.refuse(at('compression'), `is gzip with the engine ${raw.engine}`);
  }
  return {
    name,
    registry,
    repository,
    tag: raw.tag ?? tag,
    tags,
    labels: checkMarks(at('labels'), raw.labels ?? {}, checks),
    annotations: checkMarks(at('annotations'), raw.annotations ?? {}, checks),
    from: raw.from,
    dockerfile,
    context,
    contexts: checkContexts(at('contexts'), raw.contexts ?? {}, checks),
    target: raw.target,
    secrets: raw.secrets && checkBuildSecrets(at('secrets'), raw.secrets, checks),
    ssh: raw.ssh && checkSsh(at('ssh'), raw.ssh, checks),
    args: checkArgs(name, raw.args ?? {}, checks),
    platforms,
    engine: raw.engine ?? 'auto',
    ...builder,
    compression: raw.compression,
    sign: checkSign(at('sign'), raw.sign, checks),
    attest: raw.attest && { sbom: raw.attest.sbom ?? false, provenance: raw.attest.provenance ?? false },
    cache: raw.cache ?? true,
    refreshSeconds: checkRefresh(at('refresh'), raw.refresh, checks),
    require: checkRequire(at('require', 'signed'), raw.require, checks),
    checks: checkChecks(at('check'), raw.check, checks),
    reuseFrom: raw.reuseFrom && checkReuseFrom(at('reuseFrom'), raw.reuseFrom, { registry, repository }, checks),
  };
}

/** An image that something else builds has no key for building. */
function checkFrom(at: (...steps: string[]) => (string | number)[], raw: ImageShape, checks: Checks): void {
  const { from = '', ...others } = raw;
  checks.template(at('from'), from, { alone: ofSource, ofImage: [], images: [] });
  const example = parseTemplate(from).map((piece) => (typeof piece === 'string' ? piece : 'x'));
  checks.mustBe(at('from'), whyNoImage(example.join('')));
  for (const key of Object.keys(others)) {
    if (!besideFrom.includes(key))
      checks.refuse(at(key), 'is for an image that is built here, and this one has `from:`', 'key');
  }
}

function checkRequire(path: (string | number)[], raw: ImageShape['require'], checks: Checks): ImageShape['require'] {
  const { issuer, subject, trustRoot } = raw?.signed ?? {};
  if (issuer === undefined || subject === undefined || trustRoot === undefined) return raw;
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const isIssuer = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '';
  checks.mustBe([...path, 'issuer'], isIssuer ? undefined : "an issuer's URL");
  checks.mustBe([...path, 'subject'], /^[^\s\p{Cc}]{1,500}$/u.test(subject) ? undefined : 'one word');
  checks.mustBe([...path, 'trustRoot'], whyNoFile(trustRoot));
  return raw;
}

/** One program with its arguments, or several. */
function checkChecks(path: (string | number)[], raw: ImageShape['check'], checks: Checks): ImageConfig['checks'] {
  if (raw === undefined) return undefined;
  const isOne = (list: typeof raw): list is string[] => list.every((word) => typeof word === 'string');
  const lists = isOne(raw) ? [raw] : (raw as string[][]);
  for (const [index, words] of lists.entries()) {
    const at = isOne(raw) ? path : [...path, index];
    if (words[0]?.trim() === '') checks.refuse([...at, 0], 'names no program');
    for (const [place, word] of words.entries()) {
      checks.template([...at, place], word, { alone: ['image', 'digest'], ofImage: [], images: [] });
      if (word.includes('\0')) checks.refuse([...at, place], 'holds a NUL character');
    }
  }
  return lists;
}

// Sigstore's public instances.
const publicSign = { fulcio: 'https://fulcio.sigstore.dev', rekor: 'https://rekor.sigstore.dev' };

function checkSign(path: (string | number)[], raw: ImageShape['sign'], checks: Checks): SignPlan | undefined {
  if (raw === undefined || raw === false) return undefined;
  if (raw === true) return publicSign;
  for (const key of ['fulcio', 'rekor'] as const) {
    // A token is sent there.
    const text = raw[key] ?? publicSign[key];
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isUrl = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.host));
    const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
    checks.mustBe([...path, key], isUrl && isPlain ? undefined : 'an https URL');
  }
  return { fulcio: raw.fulcio ?? publicSign.fulcio, rekor: raw.rekor ?? publicSign.rekor };
}

/** Seconds: 0 is always, undefined never. */
function checkRefresh(path: (string | number)[], text: string | undefined, checks: Checks): number | undefined {
  if (text === undefined) return undefined;
  if (text === 'always') return 0;
  const [, number = '', unit = ''] = /^([1-9]\d{0,3})([hd])$/.exec(text) ?? [];
  if (unit === '') checks.refuse(path, 'must be a number of days or hours, such as 7d or 12h, or always');
  return Number(number) * (unit === 'd' ? 86_400 : 3_600);
}

/** Repositories as the registry knows them. What Docker would take for a host is one, and must be the registry's own. */
function checkReuseFrom(
  path: (string | number)[],
  names: readonly string[],
  { registry, repository }: Pick<ImageConfig, 'registry' | 'repository'>,
  checks: Checks,
): string[] {
  const whole = names.map((name, at) => {
    const [first = '', ...rest] = name.split('/');
    const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
    if (isHost && first !== registry.host) {
      const why = `is in another registry, ${first}: layers are handed on inside of ${registry.host} alone (a repository there that looks like a host is ${registry.host}/${name})`;
      checks.refuse([...path, at], why);
      return name;
    }
    const inside = registry.prefix === '' ? name : `${registry.prefix}/${name}`;
    const found = isHost ? rest.join('/') : inside;
    checks.mustBe([...path, at], whyNoRepository(found));
    if (found === repository) checks.refuse([...path, at], "is the image's own repository");
    return found;
  });
  for (const [at, one] of whole.entries()) {
    if (whole.indexOf(one) !== at) checks.refuse([...path, at], 'stands twice in the list');
  }
  return whole;
}

function innerPath(path: (string | number)[], text: string, checks: Checks): string {
  checks.mustBe(path, whyNoInnerPath(text));
  return text;
}

function checkArgs(name: string, raw: NonNullable<ImageShape['args']>, checks: Checks): Record<string, string> {
  for (const [key, value] of Object.entries(raw)) {
    const path = ['images', name, 'args', key];
    checks.mustBe(
      path,
      /^[A-Za-z_]\w*$/.test(key) ? undefined : 'named as build arguments are: letters, digits, "_"',
      'key',
    );
    if (/\0/.test(String(value))) checks.refuse(path, 'holds a NUL character');
  }
  return Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, String(value)]));
}
