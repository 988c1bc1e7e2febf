import { isMap, isScalar, isSeq, type Pair } from 'yaml';
import { keyText, rangeOf, valueText } from '../../commit/edit/document.ts';
import { parseSource } from '../../commit/edit/parse.ts';
import { formatPath, type PathStep, type ValuePath } from '../../plan/path.ts';

/** One value of a file, and the path that finds it. */
export interface FoundPlace {
  readonly path: string;
  readonly value: string;
  readonly line: number;
}

/** Every value of a YAML or JSON file with its path; items of lists by their name where they have one. Throws as parseSource does. */
export function placesIn(file: string, text: string): FoundPlace[] {
  const { documents } = parseSource(file, text);
  const found: FoundPlace[] = [];
  const visit = (node: unknown, path: ValuePath): void => {
    const to = (step: PathStep): ValuePath => ({ ...path, steps: [...path.steps, step] });
    if (isMap(node)) {
      for (const { key, value } of node.items as Pair[]) {
        const name = keyText(key);
        if (name !== undefined) visit(value, to({ is: 'key', key: name }));
      }
    } else if (isSeq(node)) {
      const names = node.items.map((item) => fieldOf(item, 'name'));
      for (const [at, item] of node.items.entries()) {
        const name = names[at];
        const isUnique = name !== undefined && names.filter((one) => one === name).length === 1;
        visit(
          item,
          to(isUnique ? { is: 'where', conditions: [{ keys: ['name'], value: name }] } : { is: 'index', index: at }),
        );
      }
    } else if (isScalar(node) && path.steps.length > 0) {
      const line = text.slice(0, rangeOf(node)[0]).split('\n').length;
      found.push({ path: formatPath(path), value: valueText(node) ?? '', line });
    }
  };
  for (const [at, { contents }] of documents.entries()) {
    const kind = fieldOf(contents, 'kind');
    const name = isMap(contents) ? fieldOf(contents.get('metadata', true), 'name') : undefined;
    const conditions =
      kind === undefined || name === undefined
        ? undefined
        : [
            { keys: ['kind'], value: kind },
            { keys: ['metadata', 'name'], value: name },
          ];
    const several: PathStep = conditions === undefined ? { is: 'index', index: at } : { is: 'where', conditions };
    visit(contents, { document: documents.length > 1 ? (several as ValuePath['document']) : undefined, steps: [] });
  }
  return found;
}

function fieldOf(node: unknown, name: string): string | undefined {
  const pair = isMap(node) ? (node.items as Pair[]).find(({ key }) => keyText(key) === name) : undefined;
  return isScalar(pair?.value) && pair.value.value !== null ? valueText(pair.value) : undefined;
}
