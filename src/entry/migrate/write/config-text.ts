import { posix } from 'node:path';
import type { Takeover } from '../decide.ts';
import { commonPrefix, freeName, imageNameFrom } from '../image-refs.ts';
import type { FoundDelivery, FoundImage } from '../parts.ts';
import { asConfig, branchValue, commitValue, plainText, type RunText, variablesIn, variableValue } from '../value.ts';
import { type ConfigTree, configYaml } from './yaml-text.ts';

/** What a config is written from. */
export interface ConfigParts extends Pick<Takeover, 'aws'> {
  readonly images: readonly FoundImage[];
  readonly deliveries: readonly FoundDelivery[];
  /** Branches of the app repo, as `from` has them. */
  readonly from: readonly string[];
  /** What the config repo is where the app repo is its own. */
  readonly own: RunText;
}

/** A config's text, and the variables that a run has to be given for it. */
export interface WrittenConfig {
  readonly text: string;
  readonly variables: readonly { readonly name: string; readonly expression: string }[];
  readonly notes: readonly string[];
}

/** tagboat.yaml for what a job was found to do. Pure. */
export function writeConfig({ images, deliveries, aws, from, own }: ConfigParts): WrittenConfig {
  const used: RunText[] = [];
  const notes: string[] = [];
  const names = namesOf(images);
  const imageOf = (reference: RunText): string => names[images.findIndex(({ refs }) => refs.includes(reference))] ?? '';
  const text = (value: RunText | undefined, image?: (reference: RunText) => string): string | undefined => {
    if (value === undefined) return undefined;
    used.push(value);
    return asConfig(value, image);
  };
  const tag = mostOf(images.map((image) => image.tag)) ?? commitValue;
  const template = (value: RunText): string | undefined => {
    const at = images.findIndex(({ refs }) => refs.includes(value));
    if (at >= 0 && value.endsWith(images[at]?.tag ?? '')) return `{image.${names[at]}}`;
    if (value === tag) return '{tag}';
    const own = images.findIndex((image) => image.tag === value);
    return own >= 0 ? `{tag.${names[own]}}` : text(value, imageOf);
  };
  const some = (tree: ConfigTree): ConfigTree | undefined =>
    Object.values(tree).every((one) => one === undefined) ? undefined : tree;
  const { registry, below } = commonPrefix(images.map(({ reference }) => reference));
  const imageTree = ({ build, reference, tag: ownTag }: FoundImage, name: string): ConfigTree => ({
    repository: below(reference.path) === name ? undefined : text(below(reference.path)),
    dockerfile: build.dockerfile === posix.join(build.context, 'Dockerfile') ? undefined : build.dockerfile,
    context: build.context === '' ? undefined : build.context,
    target: build.target,
    args: some(Object.fromEntries(build.args.map(([one, value]) => [one, text(fromEnvironment(value))]))),
    platforms: build.platforms.length === 0 ? undefined : build.platforms,
    tag: ownTag === tag ? undefined : text(ownTag, imageOf),
  });
  const deliveryTree = (delivery: FoundDelivery): ConfigTree => {
    if (delivery.branch === undefined)
      notes.push("the workflow takes the default branch of the config repo; main is written, Tagboat's own default");
    const set: Record<string, Record<string, string | number | boolean | undefined>> = {};
    for (const { file, path, value, typed } of delivery.edits)
      set[file] = { ...set[file], [path]: typed ? (JSON.parse(value) as number | boolean) : template(value) };
    const message = messageOf(delivery.message, tag, used, notes);
    const apps = [...new Set(delivery.applications.map(({ name }) => name))].flatMap((name) => text(name) ?? []);
    return {
      from: from.length === 1 ? from[0] : from,
      repo: text(delivery.repo ?? own),
      branch: text(delivery.branch) ?? 'main',
      set,
      message: message === 'Update image tag to {tag}' ? undefined : message,
      author: delivery.author,
      application: apps.length === 0 ? undefined : apps.length === 1 ? apps[0] : apps,
      sync: delivery.applications.some(({ sync }) => sync) ? true : undefined,
    };
  };
  const registryText = images.length === 0 ? undefined : text(registry);
  const isEcr = aws !== undefined && images.length > 0 && /\.dkr\.ecr\.|ECR/.test(registry);
  const awsTree = {
    role: isEcr ? text(aws.role) : undefined,
    region: isEcr ? text(aws.region) : undefined,
    sessionSeconds: isEcr && /^\d+$/.test(aws.seconds ?? '') ? Number(aws.seconds) : undefined,
  };
  const tree: ConfigTree = {
    registry: registryText,
    aws: some(awsTree),
    tag: images.length === 0 || tag === commitValue ? undefined : text(tag, imageOf),
    images: some(Object.fromEntries(images.map((image, at) => [names[at] ?? '', imageTree(image, names[at] ?? '')]))),
    argocd: argocdTree(deliveries, text, notes),
    deliveries: some(
      Object.fromEntries(deliveries.map((one, at) => [deliveryName(one, deliveries, from, at), deliveryTree(one)])),
    ),
  };
  const variables = new Map(used.flatMap(variablesIn).map((one) => [one.name, one] as const));
  return { text: configYaml(tree), variables: [...variables.values()], notes: [...new Set(notes)] };
}

function argocdTree(
  deliveries: readonly FoundDelivery[],
  text: (value: RunText) => string | undefined,
  notes: string[],
): ConfigTree | undefined {
  const applications = deliveries.flatMap((delivery) => delivery.applications);
  if (applications.length === 0) return undefined;
  const server = applications.map((one) => one.server).find((one) => one !== undefined) ?? '';
  const seconds = applications.map((one) => one.seconds).find((one) => one !== undefined && /^\d+$/.test(one));
  if (!/^https?:/.test(server)) notes.push('the Argo CD server is reached by https, as `argocd` does');
  const url = /^https?:/.test(server) ? server : `https://${server}`;
  return { server: text(url), timeout: seconds === undefined ? undefined : `${seconds}s` };
}

function messageOf(message: RunText | undefined, tag: RunText, used: RunText[], notes: string[]): string | undefined {
  if (message === undefined) return undefined;
  if (/\uE000(?:unknown|digest)\t/.test(message)) {
    notes.push("a part of the commit message can't be told beforehand: Tagboat's own is used");
    return undefined;
  }
  used.push(message);
  return asConfig(tag.includes('\uE000') ? message.replaceAll(tag, '\uE000tag\uE001') : message, () => '').trim();
}

/** Build arguments are no templates: what only a run knows comes by the environment. */
function fromEnvironment(value: RunText): RunText {
  return value
    .replaceAll(commitValue, variableValue('GITHUB_SHA', 'github.sha', true))
    .replaceAll(branchValue, variableValue('GITHUB_REF_NAME', 'github.ref_name', true));
}

/** Names for the images: the repository's last part, without a tail that says no more. */
function namesOf(images: readonly FoundImage[]): string[] {
  const taken: string[] = [];
  for (const { reference, build } of images) {
    const last = plainText(reference.path.split('/').at(-1) ?? '') ?? build.context.split('/').at(-1) ?? '';
    taken.push(freeName(imageNameFrom(last.replace(/[-_.](?:repo|repository|image)$/i, '')), taken));
  }
  return taken;
}

function deliveryName(
  delivery: FoundDelivery,
  all: readonly FoundDelivery[],
  from: readonly string[],
  at: number,
): string {
  const [only = ''] = from;
  const word = /^[\w-]+$/;
  if (all.length === 1) return from.length === 1 && word.test(only) ? only : 'main';
  const repo = (plainText(delivery.repo ?? '') ?? '').split('/').at(-1) ?? '';
  const sameRepo = all.filter((one) => one.repo === delivery.repo).length > 1;
  return !sameRepo && word.test(repo) ? repo : `delivery-${at + 1}`;
}

function mostOf(values: readonly RunText[]): RunText | undefined {
  const count = (value: RunText): number => values.filter((one) => one === value).length;
  return values.toSorted((a, b) => count(b) - count(a))[0];
}
