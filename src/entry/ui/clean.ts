import { beginning } from '../../wire/text/shorten.ts';

/** Characters of one text that the page is given, and of a diff. */
const mostText = 2_000;
const mostDiff = 60_000;

/** Nothing of ours is as deep; what others wrote may be. */
const mostDepth = 40;

/** A JSON-like value with every text in it cleaned and bounded; what lies too deep is null. */
export function cleanedValue(value: unknown, clean: (text: string) => string, most = mostText, depth = 0): unknown {
  if (typeof value === 'string') return clean(beginning(value, most));
  if (value === null || typeof value !== 'object') return value;
  if (depth > mostDepth) return null;
  if (Array.isArray(value)) return value.map((one) => cleanedValue(one, clean, mostText, depth + 1));
  // A copy that is written over keeps its shape, and takes half the memory of one that is put together.
  const copy: Record<string, unknown> = { ...value };
  for (const [key, one] of Object.entries(value)) {
    copy[key] = cleanedValue(one, clean, key === 'diff' ? mostDiff : mostText, depth + 1);
  }
  return copy;
}
