import { posix } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type FoundPlace, placesIn } from '../migrate/places.ts';
import { imageNameFrom, type Texts } from './find-images.ts';

/** A value of the config repo that names an image or its tag today. */
export interface Offer {
  readonly file: string;
  readonly path: string;
  /** As tagboat.yaml sets it. */
  readonly value: string;
  readonly today: string;
  readonly line: number;
}

/** An Argo CD application that the config repo declares. */
export interface SeenApplication {
  readonly name: string;
  readonly path: string;
  readonly branch: string | undefined;
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
      const value = offered(place, places, images);
      return value === undefined ? [] : [{ file, path: place.path, value, today: place.value, line: place.line }];
    });
  });
}

function offered(
  { path, value }: FoundPlace,
  all: readonly FoundPlace[],
  images: readonly string[],
): string | undefined {
  const beside = (name: string): string | undefined =>
    all.find((one) => one.path === path.replace(/[^.]+$/, name))?.value;
  const owner = (text: string): string | undefined =>
    images.find((name) => `-${imageNameFrom(text)}-`.includes(`-${imageNameFrom(name)}-`)) ??
    (images.length === 1 ? images[0] : undefined);
  if (/\.newTag$/.test(path)) {
    const name = /name="?([^"\]]+)/.exec(path)?.[1] ?? '';
    return owner(beside('newName') ?? name) === undefined ? undefined : '{tag}';
  }
  if (/\.(?:\w*[iI]mageTag|tag)$/.test(path)) {
    const repository = beside('repository') ?? beside('image') ?? beside('name') ?? path.replace(/\.[^.]+$/, '');
    return owner(repository) === undefined ? undefined : '{tag}';
  }
  const [, last] = /(?:^|\/)([^/:@]+)[:@][\w.:-]+$/.exec(/\.image$/.test(path) ? value : '') ?? [];
  const exact = images.find(
    (name) => last !== undefined && imageNameFrom(last).replace(/-repo$/, '') === imageNameFrom(name),
  );
  return exact === undefined ? undefined : `{image.${exact}}`;
}

/** The Argo CD applications among the files. Pure. */
export function declaredApplications(texts: Texts): SeenApplication[] {
  return Object.entries(texts).flatMap(([file, text]) => {
    if (!isYaml.test(file) || !/kind:\s*Application\b/.test(text)) return [];
    return parseAllDocuments(text, { logLevel: 'silent' }).flatMap((document): SeenApplication[] => {
      const object = document.errors.length > 0 ? undefined : (document.toJS() as Declared | null);
      if (object?.kind !== 'Application' || object.metadata?.name === undefined) return [];
      const source = object.spec?.source ?? object.spec?.sources?.[0];
      const branch = source?.targetRevision === 'HEAD' ? undefined : source?.targetRevision;
      return [{ name: object.metadata.name, path: source?.path ?? '', branch }];
    });
  });
}

interface Declared {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly source?: Source; readonly sources?: readonly Source[] };
}
interface Source {
  readonly path?: string;
  readonly targetRevision?: string;
}

/** The application that deploys a file. */
export function applicationOf(file: string, applications: readonly SeenApplication[]): SeenApplication | undefined {
  return applications.find(({ path }) => path !== '' && !posix.relative(path, file).startsWith('..'));
}
