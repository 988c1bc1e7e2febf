import type { PlanValue } from '../../../events/json-event.ts';
import type { CommitPreview, ImagePreview, Rendered, SkippedImage } from '../../../plan/outcome.ts';
import { changesPart, commitPart } from './commit-part.ts';
import { code, cut, escaped, fenced } from './markdown.ts';

/** What a plan's images would become, and what can't be known of them. */
export function plannedImages({ images, notes = [] }: Partial<PlanValue>): string[] {
  const rows = (images ?? []).map((image) => {
    const reference = image.is === 'skipped' ? [image.reference] : [image.reference, ...(image.tags ?? [])];
    return `| ${[escaped(image.name), becomes(image), reference.map(code).join(', '), escaped(image.why)].join(' | ')} |`;
  });
  const table = `\n| Image | | Reference | Why |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  const told = notes.map((note) => `\n> ${escaped(note)}\n`);
  return [...told, ...(rows.length === 0 ? [] : [table])];
}

function becomes(image: ImagePreview | SkippedImage): string {
  if (image.is === 'skipped') return image.unknown === true ? 'not known here' : 'would not be built';
  return image.is === 'reused' ? 'would be reused' : `would be built (${image.engine})`;
}

/** What a plan would commit, and what becomes of the manifests by it; so many characters of each diff are shown. */
export function previewPart(preview: CommitPreview, most: number): string[] {
  const { delivery, branch, repo, changes, written = [], instead, isNew, rendered = [] } = preview;
  const where = `${isNew ? 'a new ' : ''}${code(branch)} of ${escaped(repo)}`;
  const head = instead === undefined ? [] : commitPart(delivery, instead, most);
  if (changes.length + written.length === 0)
    return [...head, `\n**${escaped(delivery)}**: ${where} already says so, no commit\n`];
  const would = instead === undefined ? 'would commit to' : 'it would set, on';
  const manifests = rendered.map((one) => renderedPart(one, most));
  return [...head, `\n**${escaped(delivery)}**: ${would} ${where}\n`, ...changesPart(preview, most), ...manifests];
}

function renderedPart(rendered: Rendered, most: number): string {
  const { objects, diff, failed, notes } = rendered;
  const of = renderedWhere(rendered).map(code).join(' in ');
  const told = notes.map((note) => `\n${escaped(note)}\n`).join('');
  if (failed !== undefined) return `\n⚠️ Manifests of ${of} aren't rendered: ${escaped(failed)}\n${told}`;
  if (objects.length === 0) return `\nThe manifests of ${of} stay as they are (${code(rendered.by)}).\n${told}`;
  const many = objects.length === 1 ? '1 object' : `${objects.length} objects`;
  const list = objects.map((one) => `- ${one.is} ${code(objectName(one))}\n`);
  const rest = list.length > 50 ? [`- … and ${list.length - 50} more\n`] : [];
  const body = `${list.slice(0, 50).join('')}${rest.join('')}\n${fenced('diff', cut(diff, most))}`;
  const summary = `${many} of ${of} (${code(rendered.by)})`;
  return `\n<details><summary>Rendered: ${summary}</summary>\n\n${body}\n</details>\n${told}`;
}

/** Whose manifests they are: the application, the folder, or both. */
export function renderedWhere({ application, folder }: Pick<Rendered, 'application' | 'folder'>): string[] {
  return [...(application === undefined ? [] : [application]), folder === '' ? './' : `${folder}/`];
}

/** `Deployment shop/front`, without the namespace where the manifest has none. */
export function objectName({ kind, namespace, name }: Rendered['objects'][number]): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}
