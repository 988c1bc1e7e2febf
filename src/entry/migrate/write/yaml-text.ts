import { Document, isMap, isScalar, isSeq, type Pair } from 'yaml';
import { schemaLine } from '../../run/version.ts';

/** What a config is written from: keys in their order, those without a value left out. */
export type ConfigTree = {
  readonly [key: string]: ConfigTree | readonly string[] | string | number | boolean | undefined;
};

/** A tagboat.yaml with its sections apart. `beside`: a line's comment, by its keys, which line ends part. */
export function configYaml(tree: ConfigTree, beside: Readonly<Record<string, string | undefined>> = {}): string {
  const document = new Document(tree, { keepUndefined: false });
  const visit = (node: unknown, path: readonly string[]): void => {
    if (isSeq(node)) node.flow = true;
    for (const { key, value } of isMap(node) ? (node.items as Pair[]) : []) {
      const name = String(isScalar(key) ? key.value : key);
      const inner = [...path, name];
      if (isScalar(key) && path.length === 0 && ['images', 'argocd', 'deliveries'].includes(name))
        key.spaceBefore = true;
      const comment = beside[inner.join('\n')];
      if (comment !== undefined && isScalar(value)) value.comment = ` ${comment}`;
      visit(value, inner);
    }
  };
  visit(document.contents, []);
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: false });
  return `${schemaLine}${text.replace(/^\n/, '')}`;
}
