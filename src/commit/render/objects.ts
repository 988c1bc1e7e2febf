import { stringify } from 'yaml';
import type { RenderedObject } from '../../plan/outcome.ts';
import { at, isObject, textAt } from '../../wire/fields.ts';
import { parseYaml } from '../../wire/yaml.ts';
import { unifiedDiff } from '../edit/diff.ts';
import { NotRendered } from './tree.ts';

/** An object of manifests, its text as it is compared. */
interface Manifest extends Omit<RenderedObject, 'is'> {
  readonly text: string;
}

/** Objects by what they are: group, kind, namespace and name. */
export type Manifests = ReadonlyMap<string, Manifest>;

const limits = { depth: 200, documents: 5_000 };
/** Characters of a diff; what is more is told. */
const mostDiff = 256 * 1024;

/** The objects of a text of YAML documents; what is no object of Kubernetes is left out. Throws NotRendered. */
export function renderedObjects(text: string, mask: Mask): Manifests {
  const documents = parseYaml(text, limits);
  if (documents === undefined)
    throw new NotRendered(`the manifests have more than ${limits.documents} objects, or are too deep`);
  const found = new Map<string, Manifest>();
  for (const document of documents) {
    if (document.errors.length > 0) throw new NotRendered('the manifests are no YAML');
    for (const value of objectsIn(valueOf(document))) {
      const [kind, name] = [
        textAt(value, 'kind'),
        textAt(value, 'metadata', 'name') || textAt(value, 'metadata', 'generateName'),
      ];
      const namespace = textAt(value, 'metadata', 'namespace');
      const group = textAt(value, 'apiVersion').replace(/\/?[^/]*$/, '');
      let key = [group, kind, namespace, name].join('\0');
      // Argo CD applies the last of several, and none of them is to be lost here.
      for (let again = 2; found.has(key); again += 1) key = [group, kind, namespace, name, again].join('\0');
      const text = stringify(masked(value, key, mask), { lineWidth: 0, aliasDuplicateObjects: false });
      found.set(key, { kind, namespace, name, text });
    }
  }
  return found;
}

function valueOf(document: { toJS(options: { maxAliasCount: number }): unknown }): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new NotRendered('the manifests have too many aliases');
  }
}

function objectsIn(value: unknown): unknown[] {
  if (!isObject(value) || textAt(value, 'kind') === '' || textAt(value, 'apiVersion') === '') return [];
  const items = at(value, 'items');
  const [, kind] = /^(.*)List$/.exec(textAt(value, 'kind')) ?? [];
  // The items of a `SecretList` needn't say what they are.
  if (kind !== undefined && Array.isArray(items) && items.every(isObject))
    return items.flatMap((item) => objectsIn({ apiVersion: textAt(value, 'apiVersion'), kind, ...item }));
  return [value];
}

/** In place of a Secret's values: whoever reads a diff mustn't learn them, and still sees which of them changes. */
export type Mask = (place: string, value: unknown) => string;

/** Another text for each other value of one place, as Argo CD shows them. One is for all states that are compared. */
export function createMask(): Mask {
  const seen = new Map<string, unknown[]>();
  return (place, given) => {
    const value = typeof given === 'object' ? JSON.stringify(given) : given;
    const values = seen.get(place) ?? [];
    seen.set(place, values);
    if (!values.includes(value)) values.push(value);
    return '+'.repeat(8 + values.indexOf(value));
  };
}

/** kubectl's copy of the whole object. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

function masked(value: unknown, key: string, mask: Mask): unknown {
  if (!isObject(value) || key.split('\0')[1] !== 'Secret') return value;
  const hide = (field: string) => {
    const data = at(value, field);
    if (data === undefined || data === null) return {};
    if (!isObject(data)) return { [field]: mask(`${key}\0${field}`, data) };
    const hidden = Object.entries(data).map(([name, one]) => [name, mask(`${key}\0${field}\0${name}`, one)]);
    return { [field]: Object.fromEntries(hidden) };
  };
  const applied = at(value, 'metadata', 'annotations', lastApplied);
  const annotations = {
    ...Object(at(value, 'metadata', 'annotations')),
    [lastApplied]: mask(`${key}\0${lastApplied}`, applied),
  };
  const metadata = applied === undefined ? {} : { metadata: { ...Object(at(value, 'metadata')), annotations } };
  return { ...value, ...metadata, ...hide('data'), ...hide('stringData') };
}

/** What differs between two states. `unsteady` differ each time and are left out. */
export function compareManifests(
  before: Manifests,
  after: Manifests,
  unsteady: ReadonlySet<string>,
): { readonly objects: readonly RenderedObject[]; readonly diff: string } {
  const objects: RenderedObject[] = [];
  let diff = '';
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(key), after.get(key)];
    const one = now ?? old;
    if (one === undefined || unsteady.has(key) || old?.text === now?.text) continue;
    const { kind, namespace, name } = one;
    objects.push({
      is: old === undefined ? 'added' : now === undefined ? 'removed' : 'changed',
      kind,
      namespace,
      name,
    });
    if (diff.length > mostDiff) continue;
    const file = [kind, namespace, name].filter((part) => part !== '').join('/');
    diff += unifiedDiff(file, old && Buffer.from(old.text), Buffer.from(now?.text ?? ''));
  }
  return { objects, diff: diff.length > mostDiff ? `${diff.slice(0, mostDiff)}\n… (cut here)\n` : diff };
}
