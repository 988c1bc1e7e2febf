import { nearestWord } from '../../errors/spelling.ts';
import type { ArgoCdPlan } from '../../plan/deploy.ts';
import { fileKind } from '../../plan/file-kind.ts';
import { parsePath } from '../../plan/path.ts';
import { isSpeltAs, type ValueType } from '../../plan/value.ts';
import type { Person } from '../../plan.ts';
import { readRepoUrl } from '../read/repo.ts';
import type { DeliveryConfig, FromConfig, SetConfig } from '../shape/checked.ts';
import {
  person,
  whyNoBranch,
  whyNoBranchPattern,
  whyNoName,
  whyNoPerson,
  whyNoRepoFile,
  whyNoTagPattern,
  whyNoTrailer,
} from '../shape/grammar.ts';
import type { DeliveryShape } from '../shape/shape.ts';
import { type Allowed, ofImage, ofSource, parseTemplate } from '../shape/template.ts';
import { checkAfter, checkChains } from './after.ts';
import { checkDeploy } from './argocd.ts';
import type { Checks } from './checks.ts';
import { checkWrite, checkWrittenOnce, isOfPullRequests } from './write.ts';

/** What a delivery may refer to. */
interface DeliveryContext {
  readonly images: readonly string[];
  /** Those that `{name}` stands for. */
  readonly services: readonly string[];
  /** Why `{tag}` and `{content}` can't be used, where they can't. */
  readonly not: Readonly<Record<string, string>>;
  /** The git host that `owner/name` means. */
  readonly server: string | undefined;
  readonly argocd: ArgoCdPlan | undefined;
}

export function checkDeliveries(
  raw: Readonly<Record<string, DeliveryShape>>,
  context: DeliveryContext,
  checks: Checks,
): DeliveryConfig[] {
  const deliveries = Object.entries(raw).map(([name, delivery]) => checkDelivery(name, delivery, context, checks));
  checkChains(deliveries, checks);
  checkWrittenOnce(deliveries, checks);
  return deliveries;
}

function checkDelivery(
  name: string,
  raw: DeliveryShape,
  { images, services, not, server, argocd }: DeliveryContext,
  checks: Checks,
): DeliveryConfig {
  const at = (...steps: (string | number)[]) => ['deliveries', name, ...steps];
  checks.mustBe(at(), whyNoName(name), 'key');
  for (const key of ['only', 'except'] as const) {
    for (const [index, one] of (raw[key] ?? []).entries()) {
      const guess = nearestWord(one, services);
      const why = `an image that {name} stands for${guess === undefined ? '' : ` (did you mean ${guess}?)`}`;
      checks.mustBe(at(key, index), services.includes(one) ? undefined : why);
    }
  }
  for (const key of ['repo', 'branch', 'environment'] as const) {
    if (JSON.stringify(raw[key])?.includes('{name}'))
      checks.refuse(at(key), "can't have {name}: that is for files and paths of `set:` and for `application:`");
  }
  const after = checkAfter(name, raw, checks);
  const from = checkFrom(at('from'), raw.from, checks);
  if (raw.order === 'semver' && from.tags.length === 0)
    checks.refuse(at('order'), 'orders releases by their git tags, and from: takes none (from: { tags: ["v*"] })');
  const repo = readRepoUrl(raw.repo, server);
  if ('why' in repo) checks.refuse(at('repo'), `must be ${repo.why}`);
  const branch = raw.branch ?? 'main';
  checks.mustBe(at('branch'), whyNoBranch(branch));
  const { createBranch } = raw;
  if (typeof createBranch === 'object') {
    checks.mustBe(at('createBranch', 'from'), whyNoBranch(createBranch.from));
    if (createBranch.from === branch) checks.refuse(at('createBranch', 'from'), 'is the branch that is to be made');
  }
  if (createBranch && raw.via === 'github')
    checks.refuse(at('createBranch'), "doesn't go with via: github, whose commits need a branch that is there", 'key');
  // A message is written before anything is built, so it has no digests.
  const tag = 'tag' in not ? [] : ['tag'];
  const inMessage = { alone: [...ofSource, ...tag, 'subject'], ofImage: ['tag', 'image'], images, not };
  const message = raw.message ?? (tag.length > 0 ? 'Update image tag to {tag}' : 'Update images to {shortCommit}');
  checks.template(at('message'), message, inMessage);
  if (message.trim() === '') checks.refuse(at('message'), 'is empty');
  const trailers = Object.entries(raw.trailers ?? {}).map(([key, value]) => {
    checks.mustBe(at('trailers', key), whyNoTrailer(key), 'key');
    checks.template(at('trailers', key), String(value), inMessage);
    return { key, value: String(value) };
  });
  if (raw.author !== undefined) checks.mustBe(at('author'), whyNoPerson(raw.author));
  return {
    name,
    from,
    after,
    repo: 'why' in repo ? '' : repo.url,
    branch,
    createBranch: createBranch === true ? {} : createBranch || undefined,
    set: checkSet(name, raw, { alone: [...ofSource, ...tag], ofImage, images, not }, checks),
    write: checkWrite(name, raw, from, checks),
    create: raw.create ?? false,
    allow: raw.allow ?? [],
    message,
    author: raw.author === undefined ? undefined : parsePerson(raw.author),
    trailers,
    deploy: checkDeploy(name, raw, { usual: argocd, ofPullRequests: isOfPullRequests(from) }, checks),
    order: raw.order ?? 'guard',
    queue: raw.queue ?? true,
    via: raw.via ?? 'git',
    pullRequest: checkPullRequest(at('pullRequest'), raw, inMessage, checks),
  };
}

function checkPullRequest(
  path: readonly (string | number)[],
  { via, pullRequest: raw, branch = 'main' }: DeliveryShape,
  inMessage: Allowed,
  checks: Checks,
): DeliveryConfig['pullRequest'] {
  if (raw === undefined) return undefined;
  const at = (...steps: (string | number)[]) => [...path, ...steps];
  if (via !== 'pullRequest') checks.refuse(at(), 'goes with via: pullRequest', 'key');
  for (const key of ['title', 'body'] as const) {
    if (raw[key] !== undefined) checks.template(at(key), raw[key], inMessage);
  }
  if (raw.title?.trim() === '') checks.refuse(at('title'), 'is empty');
  for (const [index, label] of (raw.labels ?? []).entries()) {
    if (label.trim() === '' || /[\p{Cc},]/u.test(label))
      checks.refuse(at('labels', index), 'must be a label, without a comma');
  }
  for (const [index, one] of (raw.reviewers ?? []).entries()) {
    if (!/^[\w.-]{1,100}(?:\/[\w.-]{1,100})?$/.test(one))
      checks.refuse(at('reviewers', index), "must be a user's name, or owner/team");
  }
  if (raw.head !== undefined) checks.mustBe(at('head'), whyNoBranch(raw.head));
  if (raw.head === branch) checks.refuse(at('head'), 'is the branch that it is to be merged into');
  return raw;
}

/** A text or a list is branches. */
function checkFrom(path: (string | number)[], raw: DeliveryShape['from'], checks: Checks): FromConfig {
  const names = (
    value: string | string[] | undefined,
    at: (string | number)[],
    why: (text: string) => string | undefined,
  ): string[] => {
    if (typeof value === 'string') checks.mustBe(at, why(value));
    else for (const [index, pattern] of (value ?? []).entries()) checks.mustBe([...at, index], why(pattern));
    return [value ?? []].flat();
  };
  // What is promoted, or a mistake that is told already.
  if (raw === undefined) return { branches: [], tags: [], pullRequests: false };
  if (typeof raw === 'string' || Array.isArray(raw))
    return { branches: names(raw, path, whyNoBranchPattern), tags: [], pullRequests: false };
  const branches = names(raw.branches, [...path, 'branches'], whyNoBranchPattern);
  const tags = names(raw.tags, [...path, 'tags'], whyNoTagPattern);
  const pullRequests = raw.pullRequests ?? false;
  if (branches.length + tags.length === 0 && !pullRequests) checks.refuse(path, 'takes nothing', 'key');
  return { branches, tags, pullRequests };
}

function checkSet(
  delivery: string,
  { set: raw, write }: DeliveryShape,
  allowed: Allowed,
  checks: Checks,
): DeliveryConfig['set'] {
  const at = (...steps: string[]) => ['deliveries', delivery, 'set', ...steps];
  if (raw === undefined) {
    if (write === undefined) checks.missing(at(), 'it says which values are set (or `write`, which files are written)');
    return [];
  }
  const set = Object.entries(raw).flatMap(([file, values]) => {
    checks.mustBe(at(file), whyNoRepoFile(file), 'key');
    if (file.includes('{name}')) checks.refuse(at(file), `has {name}, which ${allowed.not?.name}`, 'key');
    checks.placed(at(file), 'key', () => fileKind(file));
    const edits = Object.entries(values).map(([path, value]) => {
      if (path.includes('{name}')) checks.refuse(at(file, path), `has {name}, which ${allowed.not?.name}`, 'key');
      else checks.placed(at(file, path), 'key', () => parsePath(path));
      checks.template(at(file, path), String(value), allowed);
      const image = checks.serviceAt(at(file, path));
      return { file, path, image, ...typedValue(String(value), checks.typeOf(at(file, path))) };
    });
    if (edits.length === 0) checks.refuse(at(file), 'names nothing to set', 'key');
    return edits;
  });
  if (set.length === 0) checks.refuse(at(), 'names no file', 'key');
  return set;
}

/** A number or boolean of the file's is one where readers agree on it; `1.10` and `0755` are texts. */
function typedValue(text: string, type: ValueType | 'open'): Pick<SetConfig, 'value' | 'as'> {
  const isTemplate = parseTemplate(text).some((piece) => typeof piece !== 'string');
  if (type === 'open') return { value: text, as: isTemplate ? 'text' : undefined };
  const value = type === 'boolean' ? text.toLowerCase() : text;
  return { value, as: isSpeltAs(type, value) ? type : 'text' };
}

/** A name and mail address, taken for valid. */
function parsePerson(text: string): Person {
  const [, name = '', email = ''] = person.exec(text) ?? [];
  return { name: name.trim(), email };
}
