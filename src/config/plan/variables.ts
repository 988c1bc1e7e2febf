import { TagboatError } from '../../errors.ts';
import { contentVariable } from '../../plan/image.ts';
import type { ImagePlan, Source } from '../../plan.ts';
import { imageName } from '../../plan.ts';
import { whyNoImage, whyNoTag } from '../shape/grammar.ts';
import { parseTemplate } from '../shape/template.ts';
import { pendingValue } from './digests.ts';

/** What a template's variables stand for in one run. */
export interface Variables {
  readonly source: Source;
  /** The tag that `{tag}` stands for. */
  readonly tag: string;
  readonly images: readonly ImagePlan[];
}

/** A tag template filled in; `{content}` stays until it is known what the image is made of. Throws TEMPLATE_UNRESOLVED. */
export function resolveTag(template: string, where: string, source: Source): string {
  const tag = fill(template, (name) => {
    if (name === 'content') return contentVariable;
    const value = ofSource(name, where, source);
    return name === 'branch' ? slug(value) : value;
  });
  const why = whyNoTag(tag.replaceAll(contentVariable, 'x'.repeat(20)));
  if (why !== undefined)
    throw new TagboatError('TEMPLATE_UNRESOLVED', { where, variable: 'branch', why: `it must give ${why}` });
  return tag;
}

/** The name of an image that something else builds, filled in. Throws TEMPLATE_UNRESOLVED. */
export function resolveFrom(template: string, where: string, source: Source): string {
  const text = fill(template, (name) => {
    const value = ofSource(name, where, source);
    return name === 'branch' ? slug(value) : value;
  });
  const why = whyNoImage(text);
  return why === undefined ? text : unresolved(where, 'branch', `it must give ${why}`);
}

/**
 * A value template filled in; what only an image that is there tells, its digest for one, stays pending (digests.ts).
 * Throws TEMPLATE_UNRESOLVED.
 */
export function resolveValue(template: string, where: string, variables: Variables): string {
  return fill(template, (name, of) => {
    if (of !== undefined) return ofImage(name, of, where, variables);
    return name === 'tag' ? ownTag(where, variables) : ofSource(name, where, variables.source);
  });
}

function fill(template: string, value: (name: string, of: string | undefined) => string): string {
  return parseTemplate(template)
    .map((piece) => (typeof piece === 'string' ? piece : value(piece.name, piece.of)))
    .join('');
}

function ofSource(name: string, where: string, source: Source): string {
  switch (name) {
    case 'commit':
      return unlessDirty(source.commit, source);
    case 'shortCommit':
      // Seven digits, as people write them, stop being unique in large repositories.
      return unlessDirty(source.commit.slice(0, 12), source);
    case 'subject':
      return source.subject;
    case 'commitTime': {
      const time = new Date(source.committedAt);
      if (Number.isNaN(time.getTime())) return unresolved(where, name, "the commit's time is unreadable");
      return unlessDirty(
        time
          .toISOString()
          .replace(/\.\d+Z$/, '')
          .replace(/[-:]/g, ''),
        source,
      );
    }
    case 'branch':
      return (
        source.branch ?? unresolved(where, name, 'no branch is checked out (a tag, a pull request or a detached head)')
      );
    default:
      return unresolved(where, name, 'there is no such variable');
  }
}

/**
 * What names a commit, with git's own word for files that differ from it, and with what tells this state of them: the
 * image is none of the commit's, nor that of another state.
 */
function unlessDirty(name: string, { dirty }: Source): string {
  return dirty === false ? name : `${name}-dirty-${dirty}`;
}

function ofImage(name: string, of: string, where: string, { images }: Variables): string {
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

/** A branch as a part of a tag. */
function slug(branch: string): string {
  return branch.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[.-]+/, '');
}
