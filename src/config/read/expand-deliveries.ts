import { TagboatError } from '../../errors.ts';
import { isObject } from '../../wire/fields.ts';
import { type ConfigPath, spotKey } from './config-path.ts';
import { fillAll, fillName, namesIn, type Origins, type Raw } from './lists.ts';

/** Deliveries with the values and applications that `{name}` stands for: one for each of the images, in their order. */
export function expandDeliveries(
  raw: unknown,
  services: readonly string[],
  { file, origins }: Pick<Each, 'file' | 'origins'>,
): unknown {
  if (!isObject(raw)) return raw;
  const one = ([key, delivery]: [string, unknown]) => {
    if (!isObject(delivery)) return [key, delivery];
    const { only, except } = delivery;
    const names = services.filter(
      (name) => (!Array.isArray(only) || namesIn(only).includes(name)) && !namesIn(except).includes(name),
    );
    const at = ['deliveries', key];
    const set = isObject(delivery.set)
      ? { set: expandSet(delivery.set, { names, at: [...at, 'set'], file, origins }) }
      : {};
    const list = expandApplications(delivery.application, { names, at: [...at, 'application'], file, origins });
    return [key, { ...delivery, ...set, ...(list === undefined ? {} : { application: list }) }];
  };
  return Object.fromEntries(Object.entries(raw).map(one));
}

// Places that the `{name}` of one file may stand for.
const most = 20_000;

interface Each {
  readonly file: string;
  readonly names: readonly string[];
  readonly at: ConfigPath;
  readonly origins: Origins;
}

function isOfEach(text: string): boolean {
  return fillName(text, '') !== text;
}

/** A place that is written out wins over one that `{name}` gives. */
function expandSet(set: Raw, { names, at, file: config, origins }: Each): Raw {
  const files = new Map<string, Map<string, unknown>>();
  for (const [file, values] of Object.entries(set)) {
    if (!isObject(values)) return set;
    for (const [path, value] of Object.entries(values)) {
      if (!isOfEach(file) && !isOfEach(path)) {
        files.set(file, (files.get(file) ?? new Map()).set(path, value));
        continue;
      }
      if (origins.size > most)
        throw new TagboatError('CONFIG_TOO_LARGE', { file: config, limit: most }, { place: { file: config } });
      for (const name of names) {
        const place = [fillName(file, name), fillName(path, name)] as const;
        const written = Object.hasOwn(set, place[0]) ? set[place[0]] : undefined;
        if (isObject(written) && Object.hasOwn(written, place[1])) continue;
        files.set(place[0], (files.get(place[0]) ?? new Map()).set(place[1], ownValue(value, name)));
        const origin = { path: [...at, file, path], service: name };
        origins.set(spotKey([...at, ...place]), origin);
        if (written === undefined) origins.set(spotKey([...at, place[0]]), { path: [...at, file], service: name });
      }
    }
    if (Object.keys(values).length === 0) files.set(file, files.get(file) ?? new Map());
  }
  return Object.fromEntries([...files].map(([file, values]) => [file, Object.fromEntries(values)]));
}

/** In such a line, `{tag}`, `{digest}` and `{image}` are those of the line's own image. */
function ownValue(value: unknown, name: string): unknown {
  if (typeof value !== 'string') return value;
  return fillName(value, name).replace(/\{\{[^{}]*\}\}|\{(tag|digest|image)\}/g, (found, variable?: string) =>
    variable === undefined ? found : `{${variable}.${name}}`,
  );
}

/** Undefined where nothing in them stands for several. */
function expandApplications(raw: unknown, { names, at, origins }: Each): readonly unknown[] | undefined {
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  const text = (one: unknown): string => (isObject(one) ? String(one.name) : String(one));
  if (!list.some((one) => isOfEach(text(one)))) return undefined;
  const all: unknown[] = [];
  for (const [index, one] of list.entries()) {
    const path = Array.isArray(raw) ? [...at, index] : at;
    for (const name of isOfEach(text(one)) ? names : [undefined]) {
      if (name !== undefined || all.length !== index)
        origins.set(spotKey([...at, all.length]), { path, service: name });
      all.push(name === undefined ? one : fillAll(one, name));
    }
  }
  return all;
}
