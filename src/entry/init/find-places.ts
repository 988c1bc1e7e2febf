import { imageNameFrom } from '../migrate/image-refs.ts';
import { type FoundPlace, placesIn } from '../migrate/places.ts';
import type { Texts } from './find-images.ts';

/** A value of the config repo that names an image or its tag today. */
export interface Offer {
  readonly file: string;
  readonly path: string;
  /** As tagboat.yaml sets it. */
  readonly value: string;
  /** The image that it is of, where that is told. */
  readonly image?: string | undefined;
  readonly today: string;
  readonly line: number;
}

const isYaml = /\.ya?ml$/;

/** Places that hold an image or a tag of one of the images, best first. Pure. */
export function findPlaces(texts: Texts, images: readonly string[]): Offer[] {
  return Object.entries(texts).flatMap(([file, text]): Offer[] => {
    if (!isYaml.test(file) || /(?:^|\/)(?:templates|\.github)\//.test(file)) return [];
    let places: FoundPlace[];
    try {
      places = placesIn(file, text);
    } catch {
      return [];
    }
    return places.flatMap((place): Offer[] => {
      const offer = offered(place, places, images);
      return offer === undefined ? [] : [{ file, path: place.path, ...offer, today: place.value, line: place.line }];
    });
  });
}

function offered(
  { path, value }: FoundPlace,
  all: readonly FoundPlace[],
  images: readonly string[],
): Pick<Offer, 'value' | 'image'> | undefined {
  const beside = (name: string): string | undefined =>
    all.find((one) => one.path === path.replace(/[^.]+$/, name))?.value;
  const owner = (text: string): string | undefined =>
    images.find((name) => `-${imageNameFrom(text)}-`.includes(`-${imageNameFrom(name)}-`)) ??
    (images.length === 1 ? images[0] : undefined);
  const tagOf = (text: string): Pick<Offer, 'value' | 'image'> | undefined => {
    const image = owner(text);
    return image === undefined ? undefined : { value: '{tag}', image };
  };
  if (/\.newTag$/.test(path)) {
    const name = /name="?([^"\]]+)/.exec(path)?.[1] ?? '';
    return tagOf(beside('newName') ?? name);
  }
  if (/\.(?:\w*[iI]mageTag|tag)$/.test(path)) {
    const repository = beside('repository') ?? beside('image') ?? beside('name') ?? path.replace(/\.[^.]+$/, '');
    return tagOf(repository);
  }
  const [, last] = /(?:^|\/)([^/:@]+)[:@][\w.:-]+$/.exec(/\.image$/.test(path) ? value : '') ?? [];
  const exact = images.find(
    (name) => last !== undefined && imageNameFrom(last).replace(/-repo$/, '') === imageNameFrom(name),
  );
  return exact === undefined ? undefined : { value: `{image.${exact}}`, image: exact };
}
