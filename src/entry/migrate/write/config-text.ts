import { schemaLine } from '../../run/version.ts';
import type { Takeover } from '../decide.ts';
import { commonPrefix } from '../image-refs.ts';
import type { FoundDelivery, FoundImage } from '../parts.ts';
import { asConfig, commitValue, plainText, type RunText, variablesIn } from '../value.ts';
import { key, scalar } from './scalar.ts';

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
  const of = (reference: RunText): string => names[images.findIndex(({ refs }) => refs.includes(reference))] ?? '';
  const text = (value: RunText): string => {
    used.push(value);
    return scalar(asConfig(value));
  };
  const tag = mostOf(images.map((image) => image.tag)) ?? commitValue;
  const tagText = (value: RunText): string => {
    used.push(value);
    return scalar(asConfig(value, of));
  };
  const template = (value: RunText): string => {
    const at = images.findIndex(({ refs }) => refs.includes(value));
    if (at >= 0 && images[at]?.refs[0] !== undefined && value.endsWith(images[at]?.tag ?? ''))
      return `{image.${names[at]}}`;
    if (value === tag) return '{tag}';
    const own = images.findIndex((image) => image.tag === value);
    if (own >= 0) return `{tag.${names[own]}}`;
    used.push(value);
    return asConfig(value, of);
  };
  const lines: string[] = [];
  if (images.length > 0) {
    const { registry, below } = commonPrefix(images.map(({ reference }) => reference));
    lines.push(`registry: ${text(registry)}`, ...awsLines(aws, registry, text));
    if (tag !== commitValue) lines.push(`tag: ${tagText(tag)}`);
    lines.push('', 'images:');
    for (const [at, { build, reference, tag: ownTag }] of images.entries()) {
      const name = names[at] ?? '';
      const repository = below(reference.path);
      lines.push(`  ${name}:`);
      const more: string[] = [];
      if (repository !== name) more.push(`repository: ${text(repository)}`);
      if (build.dockerfile !== 'Dockerfile') more.push(`dockerfile: ${scalar(build.dockerfile)}`);
      if (build.context !== '') more.push(`context: ${scalar(build.context)}`);
      if (build.target !== undefined) more.push(`target: ${scalar(build.target)}`);
      if (build.args.length > 0)
        more.push('args:', ...build.args.map(([name, value]) => `  ${scalar(name)}: ${argumentText(value, text)}`));
      if (build.platforms.length > 0) more.push(`platforms: [${build.platforms.join(', ')}]`);
      if (ownTag !== tag) more.push(`tag: ${tagText(ownTag)}`);
      if (more.length === 0) lines[lines.length - 1] = `  ${name}: {}`;
      lines.push(...more.map((line) => `    ${line}`));
    }
  } else if (tag !== commitValue) lines.push(`tag: ${scalar(asConfig(tag))}`);
  const servers = [
    ...new Set(deliveries.flatMap(({ applications }) => applications.map(({ server }) => server ?? ''))),
  ];
  if (servers.length > 0) lines.push(...(lines.length > 0 ? [''] : []), ...argocdLines(deliveries, text, notes));
  if (deliveries.length > 0) lines.push(...(lines.length > 0 ? [''] : []), 'deliveries:');
  for (const [at, delivery] of deliveries.entries()) {
    lines.push(`  ${deliveryName(delivery, deliveries, from, at)}:`);
    lines.push(
      `    from: ${from.length === 1 ? scalar(from[0] ?? '') : `[${from.map((branch) => flowScalar(branch)).join(', ')}]`}`,
    );
    lines.push(`    repo: ${text(delivery.repo ?? own)}`);
    if (delivery.branch === undefined)
      notes.push("the workflow takes the default branch of the config repo; main is written, Tagboat's own default");
    lines.push(`    branch: ${delivery.branch === undefined ? 'main' : text(delivery.branch)}`);
    lines.push('    set:');
    for (const file of new Set(delivery.edits.map((edit) => edit.file))) {
      lines.push(`      ${key(file)}:`);
      for (const edit of delivery.edits.filter((one) => one.file === file)) {
        const value = template(edit.value);
        lines.push(`        ${key(edit.path)}: ${edit.typed ? value : typedAsText(value)}`);
      }
    }
    const message = delivery.message === undefined ? undefined : messageOf(delivery.message, tag, used, notes);
    if (message !== undefined && message !== 'Update image tag to {tag}') lines.push(`    message: ${scalar(message)}`);
    if (delivery.author !== undefined) lines.push(`    author: ${scalar(delivery.author)}`);
    const [first] = delivery.applications;
    const apps = [...new Set(delivery.applications.map(({ name }) => name))];
    if (first !== undefined) {
      lines.push(`    application: ${apps.length === 1 ? text(apps[0] ?? '') : `[${apps.map(text).join(', ')}]`}`);
      if (delivery.applications.some(({ sync }) => sync)) lines.push('    sync: true');
    }
  }
  const variables = new Map(used.flatMap(variablesIn).map((one) => [one.name, one] as const));
  return { text: `${schemaLine}${lines.join('\n')}\n`, variables: [...variables.values()], notes };
}

function awsLines(aws: ConfigParts['aws'], registry: RunText, text: (value: RunText) => string): string[] {
  if (aws === undefined || !/\.dkr\.ecr\.|ECR/.test(registry)) return [];
  const { role, region, seconds } = aws;
  const lines = [
    ...(role === undefined ? [] : [`  role: ${text(role)}`]),
    ...(region === undefined ? [] : [`  region: ${text(region)}`]),
    ...(seconds === undefined || !/^\d+$/.test(seconds) ? [] : [`  sessionSeconds: ${seconds}`]),
  ];
  return lines.length === 0 ? [] : ['aws:', ...lines];
}

function argocdLines(
  deliveries: readonly FoundDelivery[],
  text: (value: RunText) => string,
  notes: string[],
): string[] {
  const applications = deliveries.flatMap((delivery) => delivery.applications);
  const server = applications.map((one) => one.server).find((one) => one !== undefined) ?? '';
  const seconds = applications.map((one) => one.seconds).find((one) => one !== undefined && /^\d+$/.test(one));
  if (!/^https?:/.test(server)) notes.push('the Argo CD server is reached by https, as `argocd` does');
  const url = /^https?:/.test(server) ? server : `https://${server}`;
  return ['argocd:', `  server: ${text(url)}`, ...(seconds === undefined ? [] : [`  timeout: ${seconds}s`])];
}

function messageOf(message: RunText, tag: RunText, used: RunText[], notes: string[]): string | undefined {
  if (/\uE000(?:unknown|digest)\t/.test(message)) {
    notes.push("a part of the commit message can't be told beforehand: Tagboat's own is used");
    return undefined;
  }
  const replaced = tag.includes('\uE000') ? message.replaceAll(tag, '\uE000tag\uE001') : message;
  used.push(message);
  return asConfig(replaced, () => '').trim();
}

function argumentText(value: RunText, text: (value: RunText) => string): string {
  // Build arguments are no templates: what only a run knows comes by the environment.
  const replaced = value
    .replaceAll(commitValue, '\uE000variable\tGITHUB_SHA\tgithub.sha\tgiven\uE001')
    .replaceAll('\uE000branch\uE001', '\uE000variable\tGITHUB_REF_NAME\tgithub.ref_name\tgiven\uE001');
  return typedAsText(JSON.parse(`[${JSON.stringify(text(replaced).replace(/^"(.*)"$/, '$1'))}]`)[0] as string);
}

/** Names for the images: the repository's last part, without a tail that says no more. */
function namesOf(images: readonly FoundImage[]): string[] {
  const taken = new Set<string>();
  return images.map(({ reference, build }) => {
    const last = plainText(reference.path.split('/').at(-1) ?? '') ?? build.context.split('/').at(-1) ?? '';
    const stem =
      last
        .toLowerCase()
        .replace(/[-_.](?:repo|repository|image)$/, '')
        .replace(/[^a-z0-9-]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'app';
    let name = stem;
    for (let n = 2; taken.has(name); n++) name = `${stem}-${n}`;
    taken.add(name);
    return name;
  });
}

function deliveryName(
  delivery: FoundDelivery,
  all: readonly FoundDelivery[],
  from: readonly string[],
  at: number,
): string {
  const [only] = from;
  const word = /^[\w-]+$/;
  if (all.length === 1) return from.length === 1 && only !== undefined && word.test(only) ? only : 'main';
  const repo =
    plainText(delivery.repo ?? '')
      ?.split('/')
      .at(-1) ?? '';
  const sameRepo = all.filter((one) => one.repo === delivery.repo).length > 1;
  return !sameRepo && word.test(repo) ? repo : `delivery-${at + 1}`;
}

function mostOf(values: readonly RunText[]): RunText | undefined {
  const count = (value: RunText): number => values.filter((one) => one === value).length;
  return values.toSorted((a, b) => count(b) - count(a))[0];
}

const flowScalar = (text: string): string => (/[[\]{},]/.test(text) ? JSON.stringify(text) : scalar(text));

/** A value to set: with a variable in it, it is a text anyway. */
const typedAsText = (value: string): string =>
  /^[\w./-]+$/.test(value) && !/^[a-z][\w./-]*$/i.test(value) ? JSON.stringify(value) : scalar(value);
