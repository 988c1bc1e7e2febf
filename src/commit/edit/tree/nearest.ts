import { isMap, isScalar, isSeq } from 'yaml';
import { distance } from '../../../errors/spelling.ts';
import { formatPath, type PathStep, type ValuePath } from '../../../plan/path.ts';
import { keyText, type SourceFile, valueText } from '../document.ts';
import { Opaque } from './node.ts';

const mostPaths = 5_000;
const longest = 120;

/** The existing value's path that looks most like the asked one, or undefined where nothing comes near. */
export function nearestPath(file: SourceFile, path: ValuePath): string | undefined {
  const whole = formatPath(path);
  const asked = formatPath({ document: undefined, steps: path.steps }).slice(0, longest);
  const lastKey = path.steps.findLast((step) => step.is === 'key');
  let best: { path: string; score: number } | undefined;
  for (const { index, steps } of scalarPaths(file)) {
    const candidate = formatPath({ document: undefined, steps });
    // A value on the way to the asked place would be lost with all that it holds.
    if (candidate.length > longest || leadsTo(candidate, asked)) continue;
    const document = path.document === undefined ? undefined : ({ is: 'index', index } as const);
    const inDocument = formatPath({ document, steps, part: path.part });
    if (inDocument === whole) continue;
    const end = steps.at(-1);
    // The same key somewhere else, or something inside the asked place, is more likely meant than a similar spelling.
    const likely = leadsTo(asked, candidate) || (end?.is === 'key' && lastKey?.is === 'key' && end.key === lastKey.key);
    const score = distance(asked, candidate) * (likely ? 0.4 : 1);
    if (best === undefined || score < best.score) best = { path: inDocument, score };
  }
  return best !== undefined && best.score <= Math.max(3, asked.length * 0.4) ? best.path : undefined;
}

function leadsTo(above: string, below: string): boolean {
  return below.startsWith(above) && '.['.includes(below[above.length] ?? ' ');
}

/** Paths of single values in all documents, up to a number that bounds the search. */
function* scalarPaths(file: SourceFile): Generator<{ index: number; steps: PathStep[] }> {
  let left = mostPaths;
  function* below(node: unknown, steps: PathStep[]): Generator<PathStep[]> {
    if (left <= 0) return;
    if (node instanceof Opaque) return;
    if (isScalar(node)) {
      left -= 1;
      if (steps.length > 0) yield steps;
    } else if (isMap(node)) {
      for (const pair of node.items) {
        const key = keyText(pair.key);
        if (key !== undefined && key !== '<<') yield* below(pair.value, [...steps, { is: 'key', key }]);
      }
    } else if (isSeq(node)) {
      for (const [index, one] of node.items.entries()) {
        const name = isMap(one) ? valueText(one.items.find((pair) => keyText(pair.key) === 'name')?.value) : undefined;
        const step: PathStep =
          name === undefined ? { is: 'index', index } : { is: 'where', conditions: [{ keys: ['name'], value: name }] };
        yield* below(one, [...steps, step]);
      }
    }
  }
  for (const [index, document] of file.documents.entries()) {
    for (const steps of below(document.contents, [])) yield { index, steps };
  }
}
