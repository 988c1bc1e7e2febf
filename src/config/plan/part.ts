import { nearestWord } from '../../errors/spelling.ts';
import { TagboatError, usageError } from '../../errors.ts';
import type { CommitOutcome, SkippedImage } from '../../plan/outcome.ts';
import { type DeliveryPlan, type ImagePlan, imageName, type RunPlan } from '../../plan.ts';
import type { Config, DeliveryConfig, SetConfig } from '../shape/checked.ts';
import { parseTemplate } from '../shape/template.ts';
import { waitsFor } from './digests.ts';

/** What of the config is named: the kind in a word, and what all of these have in common where that matters. */
interface Naming {
  readonly kind: 'delivery' | 'image';
  readonly of: Pick<Config, 'file'>;
  readonly that?: string | undefined;
  readonly command: string | undefined;
}

/** What has one of the names, in the config's order; without names all. Throws USAGE, with the name that comes nearest. */
export function namedOf<T extends { readonly name: string }>(
  all: readonly T[],
  names: readonly string[] | undefined,
  { kind, of, that = '', command }: Naming,
): T[] {
  const known = all.map(({ name }) => name);
  for (const name of names ?? []) {
    if (known.includes(name)) continue;
    const guess = nearestWord(name, known);
    const few = known.length === 0 || known.length > 10 ? '' : ` It has ${known.join(', ')}.`;
    const hint = guess === undefined ? few : ` Did you mean ${guess}?`;
    const problem = `${of.file} has no ${kind} ${JSON.stringify(name)}${that}.${hint}`;
    throw usageError(problem, command);
  }
  return all.filter(({ name }) => names?.includes(name) !== false);
}

/**
 * A delivery as far as it is of the chosen images: values that name another one, or none, are as they are in the config
 * repo. Throws VALUE_OF_NO_IMAGE for one that changes with each commit and doesn't say of which image it is.
 */
export function partOf(
  delivery: DeliveryConfig,
  config: Config,
  chosen: readonly string[] | undefined,
): DeliveryConfig {
  if (chosen === undefined || config.images.every(({ name }) => chosen.includes(name))) return delivery;
  const isOfChosen = ({ file, path, value, image }: SetConfig): boolean => {
    const variables = parseTemplate(value).filter((piece) => typeof piece !== 'string');
    const images = [...variables.flatMap(({ of }) => of ?? []), ...(image === undefined ? [] : [image])];
    if (images.length === 0 && variables.length > 0)
      throw new TagboatError('VALUE_OF_NO_IMAGE', { delivery: delivery.name, file, path, value });
    return images.length > 0 && images.every((name) => chosen.includes(name));
  };
  return { ...delivery, set: delivery.set.filter(isOfChosen), deploy: deployOf(delivery, chosen) };
}

/** What of a delivery's applications runs the chosen images; none that are named for one: no application is waited for. */
function deployOf({ deploy }: DeliveryConfig, chosen: readonly string[]): DeliveryConfig['deploy'] {
  if (deploy === undefined || deploy.applications.length === 0) return deploy;
  const applications = deploy.applications.filter(({ image }) => image === undefined || chosen.includes(image));
  return applications.length === 0 ? undefined : { ...deploy, applications };
}

/** Of which deliveries of a run `partOf` leaves out values, and why, as the end of a sentence. */
export function leftOutValues(
  config: Config,
  { deliveries }: RunPlan,
  chosen: readonly string[] | undefined,
): { readonly name: string; readonly why: string }[] {
  return config.deliveries.flatMap((delivery) => {
    const { name, set } = delivery;
    if (!deliveries.some((one) => one.name === name)) return [];
    const left = set.length - partOf(delivery, config, chosen).set.length;
    return left === 0 ? [] : [{ name, why: `${left} of ${set.length} values of ${name}, which are of other images` }];
  });
}

/** A delivery that ends before anything is built for it. */
export type Superseded = Extract<CommitOutcome, { is: 'superseded' }>;

/**
 * The images that nobody is waiting for any more: some deliveries take them, and all of those are superseded. An image
 * that no delivery names is built for its own sake, or goes by a name that only its users know. Pure.
 */
export function skippedImages(
  images: readonly ImagePlan[],
  deliveries: readonly DeliveryPlan[],
  superseded: readonly Superseded[],
): SkippedImage[] {
  return images.flatMap((image) => {
    const takers = deliveries.filter((delivery) => takes(delivery, image));
    const ends = takers.map(({ name }) => superseded.find(({ delivery }) => delivery === name));
    if (ends.length === 0 || !ends.every((end) => end !== undefined)) return [];
    const named = ends.map(({ delivery, by }) => `${delivery} by ${by.slice(0, 12)}`).join(', ');
    const why = `Whatever would take it is superseded: ${named}.`;
    return [{ is: 'skipped', name: image.name, reference: imageName(image), why }];
  });
}

/** By its tag, which images of one commit share, by another tag of its own, or by what is known of it later. */
function takes({ edits, writes }: DeliveryPlan, { name, tag, tags = [], from }: ImagePlan): boolean {
  // What a whole file takes, its template tells once it is read.
  if (writes !== undefined) return true;
  return edits.some(
    ({ value }) =>
      (from === undefined && value.includes(tag)) ||
      waitsFor(value, name) ||
      // Short ones (`1`) stand in many a value by chance.
      tags.some((one) => value === one || value.endsWith(`:${one}`)),
  );
}
