/** Values picked out of JSON that somebody else wrote: what isn't of the wanted kind is as if it weren't there. */

import { beginning } from './text/shorten.ts';

const longestText = 8_000;
const mostItems = 10_000;

/** A text's value as JSON; undefined where it is none. V8's message goes nowhere: it quotes what it read. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What stands at a path of keys. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  let inner = value;
  for (const key of keys) inner = isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined;
  return inner;
}

/** The text there, cut to a size that can be shown; `""` where there is none. */
export function textAt(value: unknown, ...keys: readonly string[]): string {
  const found = at(value, ...keys);
  return typeof found === 'string' ? beginning(found, longestText) : '';
}

/** The texts under these keys. */
export function textFields<K extends string>(value: unknown, ...keys: readonly K[]): Readonly<Record<K, string>> {
  return Object.fromEntries(keys.map((key) => [key, textAt(value, key)])) as Record<K, string>;
}

/** The text there, or undefined when it is missing or empty. */
export function optionalText(value: unknown, ...keys: readonly string[]): string | undefined {
  return textAt(value, ...keys) || undefined;
}

export function numberAt(value: unknown, ...keys: readonly string[]): number {
  const found = at(value, ...keys);
  return typeof found === 'number' && Number.isFinite(found) ? found : 0;
}

/** The list there, not longer than anybody needs; Go's JSON writes `null` for an empty one. */
export function listAt(value: unknown, ...keys: readonly string[]): readonly unknown[] {
  const found = at(value, ...keys);
  return Array.isArray(found) ? found.slice(0, mostItems) : [];
}

export function textsAt(value: unknown, ...keys: readonly string[]): string[] {
  return listAt(value, ...keys).flatMap((item) => (typeof item === 'string' ? [beginning(item, longestText)] : []));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
