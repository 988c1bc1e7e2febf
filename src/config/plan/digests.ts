import { isError, TagboatError } from '../../errors.ts';
import { contentVariable } from '../../plan/image.ts';
import type { PushedImage } from '../../plan/outcome.ts';
import type { FileWrite, VariableValue } from '../../plan/pull-request.ts';
import type { DeliveryPlan } from '../../plan.ts';

type Variable = 'digest' | 'tag' | 'image';

// Private use: whatever a template or a commit's subject has in braces is text, and stays so.
const mark = '\u{10fffd}';
const pending = new RegExp(`${mark}\\{(digest|tag|image)\\.([\\w-]+)\\}${mark}`, 'gu');

/** Stands in a value for what only an image that is there tells. */
export function pendingValue(variable: Variable, image: string): string {
  return `${mark}{${variable}.${image}}${mark}`;
}

/** Whether a delivery waits for what only images that are there tell. */
export function isPending({ edits, message, writes = [] }: DeliveryPlan): boolean {
  const written = writes.flatMap(({ values }) => Object.values(values).map(({ text = '' }) => text));
  return [message, ...edits.map(({ value }) => value), ...written].some((text) => text.search(pending) >= 0);
}

/** Whether a text waits for something of an image. */
export function waitsFor(text: string, image: string): boolean {
  return (['digest', 'tag', 'image'] as const).some((variable) => text.includes(pendingValue(variable, image)));
}

/**
 * The delivery with the digests, tags and names of its images as the registry has them, in its values and its message.
 * Pure. Throws TEMPLATE_UNRESOLVED for an image that wasn't pushed.
 */
export function resolveDigests(delivery: DeliveryPlan, images: readonly PushedImage[]): DeliveryPlan {
  return filled(delivery, (variable, name) => {
    const found = valueIn(images, variable, name);
    if (found !== undefined) return found;
    const there = images.some((one) => one.name === name);
    const why = there ? 'the image is named by its digest alone' : `the image ${name} was not pushed in this run`;
    const where = `deliveries.${delivery.name}`;
    throw new TagboatError('TEMPLATE_UNRESOLVED', { where, variable: `${variable}.${name}`, why });
  });
}

/** The same for who only looks: what isn't known before the build stands there as the template has it. Pure. */
export function showPending(delivery: DeliveryPlan, images: readonly Partial<PushedImage>[]): DeliveryPlan {
  return filled(delivery, (variable, name) => valueIn(images, variable, name) ?? `{${variable}.${name}}`);
}

function valueIn(images: readonly Partial<PushedImage>[], variable: Variable, name: string): string | undefined {
  const { digest, reference } = images.find((one) => one.name === name) ?? {};
  if (variable === 'digest') return digest;
  if (reference === undefined || reference.includes(contentVariable)) return undefined;
  const [, tag] = /:([^:/]+)$/.exec(reference) ?? [];
  if (variable === 'tag') return tag;
  return tag === undefined ? `${reference}@${digest}` : reference;
}

function filled(delivery: DeliveryPlan, valueOf: (variable: Variable, image: string) => string): DeliveryPlan {
  if (!isPending(delivery)) return delivery;
  const fill = (text: string): string =>
    text.replace(pending, (_, variable: Variable, name: string) => valueOf(variable, name));
  const edits = delivery.edits.map((edit) => ({ ...edit, value: fill(edit.value) }));
  const writes = delivery.writes?.map((write) => ({ ...write, values: valuesIn(write.values, fill) }));
  return { ...delivery, edits, message: fill(delivery.message), ...(writes && { writes }) };
}

/** A template that is read later needn't have all of them: one that stays unknown says so when it is. */
function valuesIn(values: FileWrite['values'], fill: (text: string) => string): FileWrite['values'] {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const { text } = value;
      return [name, text === undefined ? value : valueOrWhy(() => fill(text))];
    }),
  );
}

/** What is resolved, or why it can't be in this run. */
export function valueOrWhy(resolve: () => string): VariableValue {
  try {
    return { text: resolve() };
  } catch (error) {
    if (!isError(error, 'TEMPLATE_UNRESOLVED')) throw error;
    return { why: error.data.why };
  }
}
