import { isMap, isScalar, type Pair, type Scalar } from 'yaml';
import type { ImagePart, ValuePath } from '../../plan/path.ts';
import { isFlow, keyText, rangeOf, type SourceFile } from './document.ts';
import type { Splice } from './format.ts';
import { formatOf } from './parse.ts';
import { slotOf } from './slot.ts';
import type { MissingValue } from './tree/find.ts';

/** An image reference taken apart: `name:tag@digest`. */
interface Reference extends Readonly<Record<ImagePart, string | undefined>> {
  readonly name: string;
}

const forms = { tag: /^\w[\w.-]{0,127}$/, digest: /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[\w=-]{1,256}$/ };

/** Whether a text can be the tag or the digest of a reference (OCI distribution specification). */
export function isPart(part: ImagePart, text: string): boolean {
  return forms[part].test(text);
}

/** A text as a reference, whose tag begins at a colon after the last slash; undefined where it is none. */
export function referenceIn(text: string): Reference | undefined {
  const [front = '', digest, ...more] = text.split('@');
  const colon = front.lastIndexOf(':');
  const tagged = colon > front.lastIndexOf('/');
  const [name, tag] = tagged ? [front.slice(0, colon), front.slice(colon + 1)] : [front, undefined];
  const fits = /^[A-Za-z0-9[][\w./:[\]-]*$/.test(name) && more.length === 0;
  if (!fits || (tag !== undefined && !isPart('tag', tag))) return undefined;
  return digest === undefined || isPart('digest', digest) ? { name, tag, digest } : undefined;
}

/** Whether what reads as an image's name is rather a tag: a version, a commit, `latest`, or with capitals, which no name has. */
export function isTagAlone(name: string): boolean {
  if (name.includes('/')) return false;
  const isCommit = /^(?=.*\d)[0-9a-f]{7,64}$/.test(name);
  return isCommit || /^(?:v?\d+(?:[.+_-].*)?|latest)$/.test(name) || /[A-Z]/.test(name);
}

const none = { tag: undefined, digest: undefined };

/** The reference with one part set, and with the other one where `keep` says so. */
export function withPart(reference: Reference, part: ImagePart, value: string, keep: boolean): string {
  const { name, tag, digest }: Reference = { ...reference, ...(keep ? {} : none), [part]: value };
  return name + (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

export function otherPart(part: ImagePart): ImagePart {
  return part === 'tag' ? 'digest' : 'tag';
}

/** What stands in an entry of kustomize's `images:` in the place of the key that is missing. */
export interface Twin {
  /** The asked key, `newTag` or `digest`. */
  readonly key: string;
  readonly pair: Pair;
  readonly node: Scalar;
}

/** The twin of a missing `newTag` or `digest`: `kustomize edit set image` leaves out the one it isn't given. */
export function twinOf({ steps }: ValuePath, { parent, rest }: MissingValue): Twin | undefined {
  const [images, item, last] = steps.slice(-3);
  if (images?.is !== 'key' || images.key !== 'images' || item?.is === 'key' || last?.is !== 'key') return undefined;
  const other = { newTag: 'digest', digest: 'newTag' }[last.key];
  const pair = isMap(parent) && rest.length === 1 ? parent.items.find(({ key }) => keyText(key) === other) : undefined;
  const node = pair?.value;
  if (pair === undefined || !isScalar(node) || node.anchor !== undefined || node.tag !== undefined) return undefined;
  return { key: last.key, pair, node };
}

/** The asked key and its value in the bytes of its twin, written as that is. */
export function inPlaceOf(
  file: SourceFile,
  { key, pair, node }: Twin,
  at: MissingValue,
  value: string,
): Splice | string {
  const flow = at.flow || isFlow(at.parent);
  const slot = slotOf(file, { is: 'found', trail: at.trail, node, pair, flow }, 'text');
  const [spelled] = slot === undefined ? [] : formatOf(file).spellings(value, slot);
  if (slot === undefined || spelled === undefined) return at.why;
  const [start, keyEnd] = rangeOf(pair.key as Scalar);
  const [from, end] = rangeOf(node);
  const quote = /^["']/.exec(file.text.slice(start))?.[0] ?? '';
  const between = file.text.slice(keyEnd, from);
  const gap = /\s$/.test(between) || slot.source !== '' ? '' : ' ';
  return { start, end, text: quote + key + quote + between + gap + spelled };
}
