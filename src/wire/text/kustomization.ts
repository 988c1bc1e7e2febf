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
): { readonly inside: readonly string[]; readonly elsewhere: readonly string[] } {
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
    return found === '.' || found.startsWith('..') ? [] : [found];
  };
  return {
    inside: named.filter((path) => !isElsewhere(path)).flatMap(inside),
    elsewhere: named.filter(isElsewhere),
  };
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
