import type { HeldPlace } from '../../plan/holds.ts';
import { parsePath } from '../../plan/path.ts';
import { parseTemplate } from '../shape/template.ts';

/** Keys and folders that every service has, or every environment. */
const common =
  /^(?:(?:app|image|new|chart)?[-_]?(?:images?|tags?|versions?|digests?|names?|repository|revision)|image[-_]?tags?|specs?|templates?|metadata|containers?|initContainers|values|global|helm|parameters|sources?|targetRevision|overlays?|bases?|envs?|environments?|apps?|services?|charts?|clusters?|deploy(?:ments?)?|k8s|kubernetes|manifests?|config|main|master|dev(?:elopment)?|test|qa|uat|staging|stage|prod(?:uction)?|live|canary)$/i;

/**
 * What a place sets, in a word: the image that its template names, else the key, the list item or the folder that tells it
 * from others. Pure, and the same for the same place in every environment as far as files are laid out alike.
 */
export function serviceOf(
  { file, path, value }: HeldPlace & { readonly value?: string | undefined },
  delivery: string | undefined,
): string {
  const image = parseTemplate(value ?? '').find((piece) => typeof piece !== 'string' && piece.of !== undefined);
  if (typeof image === 'object' && image.of !== undefined) return image.of;
  const folders = file.split('/');
  const base = (folders.pop() ?? '').replace(/\.[^.]*$/, '');
  const words = [...folders.toReversed(), base.replace(/^values[-_.]?/, '')];
  const telling = (word: string): boolean => word !== '' && word !== delivery && !common.test(word);
  return wordsIn(path).findLast(telling) ?? words.find(telling) ?? folders.at(-1) ?? base;
}

function wordsIn(path: string): string[] {
  try {
    return parsePath(path).steps.flatMap((step) => {
      if (step.is === 'key') return [step.key];
      return step.is === 'where' ? step.conditions.map(({ value }) => value) : [];
    });
  } catch {
    // From a commit of somebody else's.
    return [path];
  }
}
