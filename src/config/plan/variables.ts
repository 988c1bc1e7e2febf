import { TagboatError } from '../../errors.ts';
import { contentVariable } from '../../plan/image.ts';
import type { VariableValue } from '../../plan/pull-request.ts';
import type { ImagePlan, Source } from '../../plan.ts';
import { imageName } from '../../plan.ts';
import { whyNoImage, whyNoTag } from '../shape/grammar.ts';
import { ofImage, ofSource as ofSourceNames, parseTemplate } from '../shape/template.ts';
import { pendingValue, valueOrWhy } from './digests.ts';

/** What a run is of, and when it began: milliseconds since the epoch. */
export interface RunOf {
  readonly source: Source;
  readonly now?: number | undefined;
}

/** What a template's variables stand for in one run. */
export interface Variables extends RunOf {
  /** The tag that `{tag}` stands for. */
  readonly tag: string;
  readonly images: readonly ImagePlan[];
}

/** A tag template filled in; `{content}` stays until it is known what the image is made of. Throws TEMPLATE_UNRESOLVED. */
export function resolveTag(template: string, where: string, run: RunOf): string {
  const names: string[] = [];
  const tag = fill(template, (name) => {
    if (name === 'content') return contentVariable;
    names.push(name);
    return inImageName(name, where, run);
  });
  const why = whyNoTag(tag.replaceAll(contentVariable, 'x'.repeat(20)));
  const variable = names.find((name) => name === 'branch') ?? names[0] ?? '';
  if (why !== undefined) unresolved(where, variable, `it must give ${why}`);
  return tag;
}

/** The name of an image that something else builds, filled in. Throws TEMPLATE_UNRESOLVED. */
export function resolveFrom(template: string, where: string, run: RunOf): string {
  const text = fill(template, (name) => inImageName(name, where, run));
  const why = whyNoImage(text);
  return why === undefined ? text : unresolved(where, 'branch', `it must give ${why}`);
}

/** A name that git takes may have signs that a tag can't. */
function inImageName(name: string, where: string, run: RunOf): string {
  const value = ofSource(name, where, run);
  return name === 'branch' || name === 'gitTag' ? slug(value) : value;
}

/** A value template filled in; what only an image that is there tells stays pending. Throws TEMPLATE_UNRESOLVED. */
export function resolveValue(template: string, where: string, variables: Variables): string {
  return fill(template, (name, of) => {
    if (of !== undefined) return imageValue(name, of, where, variables);
    return name === 'tag' ? ownTag(where, variables) : ofSource(name, where, variables);
  });
}

/** What every variable that a value may have stands for, or why it stands for nothing: for templates that are read later. */
export function allValues(where: string, variables: Variables): Readonly<Record<string, VariableValue>> {
  const names = [
    ...ofSourceNames,
    'subject',
    'tag',
    ...variables.images.flatMap(({ name }) => ofImage.map((one) => `${one}.${name}`)),
  ];
  const valueOf = (name: string) => valueOrWhy(() => resolveValue(`{${name}}`, where, variables));
  return Object.fromEntries(names.map((name) => [name, valueOf(name)]));
}

/** Why a template can't be filled in in this run, where a variable of it is one that this run doesn't have. */
export function whyUnfilled(template: string, run: RunOf): string | undefined {
  for (const piece of parseTemplate(template)) {
    const found = typeof piece === 'string' || piece.of !== undefined ? undefined : valueOf(piece.name, run);
    if (found?.why !== undefined) return found.why;
  }
  return undefined;
}

function fill(template: string, value: (name: string, of: string | undefined) => string): string {
  return parseTemplate(template)
    .map((piece) => (typeof piece === 'string' ? piece : value(piece.name, piece.of)))
    .join('');
}

function ofSource(name: string, where: string, run: RunOf): string {
  const { text, why = 'there is no such variable' } = valueOf(name, run) ?? {};
  return text ?? unresolved(where, name, why);
}

type Found = { readonly text: string; readonly why?: undefined } | { readonly text?: undefined; readonly why: string };

/** What a variable of the source stands for, or why it is unknown in this run; undefined when there is no such one. */
function valueOf(name: string, { source, now }: RunOf): Found | undefined {
  const { commit, branch, gitTag, pullRequest, subject, committedAt } = source;
  const ofCommit = (text: string): Found => ({ text: unlessDirty(text, source) });
  switch (name) {
    case 'commit':
      return ofCommit(commit);
    case 'shortCommit':
      // Seven digits, as people write them, stop being unique in large repositories.
      return ofCommit(commit.slice(0, 12));
    case 'subject':
      return { text: subject };
    case 'commitTime': {
      const time = compactTime(Date.parse(committedAt));
      return time === undefined ? { why: "the commit's time is unreadable" } : ofCommit(time);
    }
    case 'date': {
      const [day] = (now === undefined ? undefined : compactTime(now))?.split('T') ?? [];
      return day === undefined ? { why: 'the day of this run is not known' } : { text: day };
    }
    case 'branch': {
      const why = 'no branch is checked out (a tag, a pull request or a detached head)';
      return branch === undefined ? { why } : { text: branch };
    }
    case 'pr':
      return pullRequest === undefined ? { why: 'the run is of no pull request' } : { text: `${pullRequest.number}` };
    case 'gitTag':
      return gitTag === undefined ? { why: 'the run is of no git tag' } : ofCommit(gitTag);
    case 'semver':
    case 'major':
    case 'minor':
    case 'patch':
    case 'major.minor': {
      const version = versionOf(name, gitTag);
      return version.text === undefined ? version : ofCommit(version.text);
    }
    default:
      return undefined;
  }
}

const number = '(?:0|[1-9]\\d*)';
const identifier = `(?:${number}|\\d*[A-Za-z-][0-9A-Za-z-]*)`;
// semver.org, with the `v` or `=` before it that docker/metadata-action takes too.
const semantic = new RegExp(
  `^[v=]?((${number})\\.(${number})\\.(${number})(-${identifier}(?:\\.${identifier})*)?)(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/** A git tag's version. A pre-release must not move what names a release, so it has no parts. */
function versionOf(part: string, gitTag: string | undefined): Found {
  if (gitTag === undefined) return { why: 'the run is of no git tag' };
  const [, version, major = '', minor = '', patch = '', pre] = semantic.exec(gitTag) ?? [];
  if (version === undefined) return { why: `the git tag ${gitTag} is no version such as v1.2.3` };
  if (part === 'semver') return { text: version };
  if (pre !== undefined) return { why: `${version} is a pre-release, which has {semver} alone` };
  return { text: { major, minor, patch }[part] ?? `${major}.${minor}` };
}

/** In UTC, `20240131T235959`. */
function compactTime(ms: number): string | undefined {
  const time = new Date(ms);
  if (Number.isNaN(time.getTime())) return undefined;
  return time
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:]/g, '');
}

/** What names a commit, and where files differ from it also that state: the image is none of the commit's. */
function unlessDirty(name: string, { dirty }: Source): string {
  return dirty === false ? name : `${name}-dirty-${dirty}`;
}

function imageValue(name: string, of: string, where: string, { images }: Variables): string {
  const image = images.find((one) => one.name === of);
  if (image === undefined) return unresolved(where, `${name}.${of}`, `the image ${of} is not part of this run`);
  if (name === 'digest' || image.from !== undefined || image.tag.includes(contentVariable))
    return pendingValue(name as 'digest', of);
  return name === 'tag' ? image.tag : imageName(image);
}

/** What `{tag}` stands for: by content, the tag of the one image that has it. */
function ownTag(where: string, { tag, images }: Variables): string {
  if (!tag.includes(contentVariable)) return tag;
  const [image, other] = images.filter((one) => one.tag === tag);
  if (image !== undefined && other === undefined) return pendingValue('tag', image.name);
  return unresolved(where, 'tag', 'each image has a tag of its own, by its content; name the image, as in {tag.app}');
}

function unresolved(where: string, variable: string, why: string): never {
  throw new TagboatError('TEMPLATE_UNRESOLVED', { where, variable, why });
}

/** A branch or a git tag as a part of a tag. */
function slug(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[.-]+/, '');
}
