import { posix } from 'node:path';
import { listAt, textAt, textsAt } from '../fields.ts';
import { parseYaml } from '../yaml.ts';

/** What a folder's kustomization may be called. */
export const kustomizationNames: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/**
 * What a kustomization takes in: folders and files of its repository, seen from the root, and what lies elsewhere, as it is
 * written. Pure.
 */
export function kustomizationPaths(
  text: string,
  folder: string,
): {
  readonly inside: readonly string[];
  readonly elsewhere: readonly string[];
  /** What would be read outside of the repository; undefined where the text can't be read. */
  readonly outside: readonly string[] | undefined;
} {
  const value = valueIn(text);
  const listed = [
    'resources',
    'bases',
    'components',
    'patchesStrategicMerge',
    'crds',
    'generators',
    'transformers',
    'validators',
    'configurations',
  ].flatMap((key) => textsAt(value, key));
  const each = (keys: readonly string[]) => keys.flatMap((key) => listAt(value, key));
  const paths = [
    ...each(['patches', 'patchesJson6902', 'replacements']).map((one) => textAt(one, 'path')),
    textAt(value, 'openapi', 'path'),
  ];
  const values = each(['helmCharts']).flatMap((one) => [
    textAt(one, 'valuesFile'),
    ...textsAt(one, 'additionalValuesFiles'),
  ]);
  // `files` may be `KEY=FILE`.
  const generated = each(['configMapGenerator', 'secretGenerator']).flatMap((one) => [
    ...textsAt(one, 'files').map((text) => text.slice(text.indexOf('=') + 1)),
    ...textsAt(one, 'envs'),
    textAt(one, 'env'),
  ]);
  const named = [...listed, ...paths, ...values, ...generated].filter((path) => path !== '' && !path.includes('\n'));
  const isElsewhere = (path: string) =>
    path.includes('://') || /^[^/]+\.[^/]+\.?[^/]*\/\/|^[\w.-]+@[^/]+:|\?ref=|^github\.com[/:]/.test(path);
  const inside = (path: string) => {
    const found = posix.normalize(posix.join(folder, path)).replace(/^\/+|\/+$/g, '');
    return found === '.' || leavesRoot(found) ? [] : [found];
  };
  return {
    inside: named.filter((path) => !isElsewhere(path)).flatMap(inside),
    elsewhere: named.filter(isElsewhere),
    outside:
      value === undefined
        ? undefined
        : [
            ...named.filter((path) => path.startsWith('/')),
            // Wherever it stands: kustomize takes keys in any case, and merged ones.
            ...textsIn(value).filter((text) => leavesRoot(posix.join(folder, text))),
          ],
  };
}

/** Whether a path, seen from a root, leads out of it, or isn't seen from it. */
export function leavesRoot(path: string): boolean {
  return /^(?:\.\.(?:\/|$)|\/)/.test(posix.normalize(path)) || /^[a-z]:|\\/i.test(path);
}

/** All one-line texts below a value; a file after `KEY=` by itself too. */
function textsIn(value: unknown): string[] {
  if (value instanceof Uint8Array) return textsIn(Buffer.from(value).toString('utf8'));
  if (typeof value === 'string') {
    const text = value.trim();
    return /[\n\\]/.test(text) ? [] : [text, text.slice(text.indexOf('=') + 1)];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function valueIn(text: string): unknown {
  const document = parseYaml(text, { depth: 32, documents: 1 })?.[0];
  if (document === undefined || document.errors.length > 0) return undefined;
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    // More aliases than anybody needs.
    return undefined;
  }
}
