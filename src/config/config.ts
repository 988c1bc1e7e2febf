import { TagboatError } from '../errors.ts';
import { contentVariable } from '../plan/image.ts';
import type { Env } from '../wire/world.ts';
import { checkArgoCd } from './check/argocd.ts';
import { createChecks } from './check/checks.ts';
import { checkDeliveries } from './check/delivery.ts';
import { checkImages } from './check/image.ts';
import { shapeMistakes } from './check/issues.ts';
import { withoutMistakes } from './check/mend.ts';
import { checkNotify } from './check/notify.ts';
import { checkClouds, checkRegistry } from './check/registry.ts';
import { type ExpandedConfig, expandConfig, lookupsOf } from './read/expand.ts';
import type { Lists, Lookups } from './read/lists.ts';
import { type BearsUnset, type ConfigText, readConfig } from './read/read.ts';
import type { Config } from './shape/checked.ts';
import { keysAt, type Shape, shape } from './shape/shape.ts';

interface Parsing {
  readonly unset?: BearsUnset | undefined;
  /** What was looked up of what `peekConfig` tells. */
  readonly lists?: Lists | undefined;
}

/** What must be looked up in the app repo before a `tagboat.yaml` is parsed: nothing for an unreadable one. Pure. */
export function peekConfig(text: string, file: string, env: Env): Lookups {
  try {
    return lookupsOf(readConfig(text, file, env, { unset: () => true, mistake: () => undefined }));
  } catch (error) {
    if (error instanceof TagboatError) return { folders: [] };
    throw error;
  }
}

/**
 * Reads the text of a `tagboat.yaml`, with `${VARIABLES}` from the environment given; one that isn't set is a mistake
 * where it isn't borne. Pure. Throws CONFIG_*, FOLDER*, BAKE_* and PATH_SYNTAX_INVALID, each with its place in the file, and
 * IMAGES_NOT_LOOKED_UP.
 */
export function parseConfig(text: string, file: string, env: Env, { unset, lists }: Parsing = {}): Config {
  const {
    read,
    services,
    leftOut,
    mistakes: unexpanded,
  } = expandConfig(readConfig(text, file, env, { unset }), lists, env);
  const parsed = shape.safeParse(read.value ?? {});
  const [first] = parsed.success ? [] : shapeMistakes(read, parsed.error.issues, keysAt);
  if (first !== undefined) throw first.error;
  if (unexpanded[0] !== undefined) throw unexpanded[0];
  const { config, mistakes } = checkShape(parsed.data ?? {}, { read, services }, env);
  if (mistakes[0] !== undefined) throw mistakes[0];
  return leftOut === undefined || leftOut.length === 0 ? config : { ...config, leftOut };
}

/** All mistakes of the text, in the order of their places. Variables that aren't set are none. Pure. */
export function configMistakes(text: string, file: string, env: Env, lists?: Lists): readonly TagboatError[] {
  const found: TagboatError[] = [];
  let read: ConfigText;
  let services: readonly string[];
  let isWhole: boolean;
  try {
    const written = readConfig(text, file, env, { unset: () => true, mistake: (error) => void found.push(error) });
    const expanded = expandConfig(written, lists, env);
    ({ read, services } = expanded);
    found.push(...expanded.mistakes);
    // Without all its images, what refers to them can't be judged.
    isWhole = expanded.mistakes.length === 0;
  } catch (error) {
    // Where the text is no YAML, nothing more can be said of it.
    if (error instanceof TagboatError) return [error];
    throw error;
  }
  let value = read.value ?? {};
  // Each round may bring to light what stood behind a mistake; few have more than one thing behind them.
  for (let round = 0; round < 5; round += 1) {
    const parsed = shape.safeParse(value);
    if (parsed.success) {
      if (isWhole) found.push(...checkShape(parsed.data, { read, services }, env).mistakes);
      break;
    }
    const mistakes = shapeMistakes({ ...read, value }, parsed.error.issues, keysAt);
    // A mistake that nothing can stand in for, as a file that is no map, hides the rest and comes again.
    if (mistakes.every(({ error }) => found.some((one) => isSame(one, error)))) break;
    found.push(...mistakes.map(({ error }) => error));
    value = withoutMistakes(value, mistakes) ?? {};
  }
  // One entry that stands for several images has its mistakes once for each.
  const once = found.filter((error, at) => found.findIndex((one) => isSame(one, error)) === at);
  return once.toSorted(
    (a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0),
  );
}

function isSame(one: TagboatError, other: TagboatError): boolean {
  const [place, elsewhere] = [one.place, other.place];
  const isThere = place?.line === elsewhere?.line && place?.column === elsewhere?.column;
  return one.code === other.code && isThere && one.message === other.message;
}

/** What is checked once the types and keys are right. The config is only good without mistakes. */
function checkShape(
  raw: Shape,
  { read, services }: Omit<ExpandedConfig, 'mistakes'>,
  env: Env,
): { readonly config: Config; readonly mistakes: readonly TagboatError[] } {
  const { file } = read;
  const checks = createChecks(read);
  const registry = checkRegistry(raw.registry, checks);
  const tag = raw.tag ?? '{commit}';
  checks.tagTemplate(['tag'], tag);
  const images = checkImages(raw.images ?? {}, { registry, tag }, checks);
  const names = images.map(({ name }) => name);
  const argocd = checkArgoCd(raw.argocd, checks);
  const not = notInValues(tag, images, services);
  const context = { images: names, services, not, server: env.GITHUB_SERVER_URL, argocd };
  const clouds = checkClouds(raw, checks);
  const deliveries = checkDeliveries(raw.deliveries ?? {}, context, checks);
  const hooks = checkNotify(
    raw.notify,
    deliveries.map(({ name }) => name),
    checks,
  );
  const config = { file, ...clouds, tag, images, argocd, deliveries, notify: hooks, comment: raw.comment ?? false };
  if (raw.images !== undefined || raw.deliveries !== undefined) return { config, mistakes: checks.mistakes };
  const why = 'there is nothing to build and nothing to deliver';
  const empty = new TagboatError('CONFIG_KEY_MISSING', { file, key: 'images', why }, { place: { file } });
  return { config, mistakes: [empty, ...checks.mistakes] };
}

/** Variables of tags that values and messages don't have, and why. */
function notInValues(
  tag: string,
  images: Config['images'],
  services: readonly string[],
): Readonly<Record<string, string>> {
  const content = 'is for tags alone; a value has {tag.NAME} of an image';
  const name =
    services.length === 0
      ? 'stands for images of a pattern of folders (services/*), and images: has none'
      : 'stands for one image where the file or the path has it too';
  const isOne = images.filter((image) => image.tag === tag).length === 1;
  if (!tag.includes(contentVariable) || isOne) return { content, name };
  return { content, name, tag: 'stands for no one image: by its content, each has a tag of its own, {tag.NAME}' };
}
