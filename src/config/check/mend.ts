import type { ConfigPath } from '../read/config-path.ts';
import type { ShapeMistake } from './issues.ts';

// What stands in for a key that has to be there, so that the rest can be checked as if it were right.
const standIns: readonly (readonly [pattern: readonly string[], value: unknown])[] = [
  [['registry'], 'localhost'],
  [['registry', 'host'], 'localhost'],
  [['argocd', 'server'], 'https://localhost'],
  [['deliveries', '*', 'argocd', 'server'], 'https://localhost'],
  [['deliveries', '*', 'application'], true],
  [['deliveries', '*', 'application', 'name'], 'app'],
  [['deliveries', '*', 'from'], 'main'],
  [['deliveries', '*', 'repo'], 'owner/name'],
  [['deliveries', '*', 'set'], { file: { '.path': 'value' } }],
  [['images', '*', 'builder'], 'default'],
  [['images', '*', 'builder', 'address'], 'tcp://localhost:1'],
  [['images', '*', 'builder', 'ca'], 'ca.pem'],
  [['images', '*'], {}],
];

/** A file's value without the mistakes in its shape: for what else may be wrong with it. */
export function withoutMistakes(value: unknown, mistakes: readonly ShapeMistake[]): unknown {
  const copy = structuredClone(value);
  for (const { path, is } of mistakes) {
    const standIn = standIns.find(([pattern]) => fits(pattern, path));
    put(copy, path, is === 'unknown' ? undefined : standIn?.[1]);
  }
  return copy;
}

function fits(pattern: readonly string[], path: ConfigPath): boolean {
  return pattern.length === path.length && pattern.every((step, at) => step === '*' || step === path[at]);
}

function put(root: unknown, path: ConfigPath, value: unknown): void {
  const parent = path.slice(0, -1).reduce<unknown>((inner, step) => (isMap(inner) ? inner[step] : undefined), root);
  const last = path.at(-1);
  if (!isMap(parent) || last === undefined) return;
  if (value !== undefined) parent[last] = value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
}

function isMap(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}
