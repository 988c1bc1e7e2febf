import { isIP } from 'node:net';

/** What is known about a condition: it may rest on what only AWS sees. */
export type Truth = true | false | 'unknown';

/** A condition operator taken apart: `ForAnyValue:StringLikeIfExists`. */
export interface Operator {
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly base: string;
  /** Holds where nothing matches (`…Not…`). */
  readonly negated: boolean;
  readonly ifExists: boolean;
}

/** A value of a policy: characters, and wildcards that mean any run of them (`*`) or any one (`?`). */
export type Pattern = readonly (string | { readonly any: 'run' | 'one' })[];

type Test = (pattern: Pattern, value: string) => boolean;

const plainly = (pattern: Pattern): string =>
  pattern.map((part) => (typeof part === 'string' ? part : part.any === 'run' ? '*' : '?')).join('');

const number =
  (compare: (value: number, than: number) => boolean): Test =>
  (pattern, value) => {
    const [left, right] = [Number(value), Number(plainly(pattern))];
    return value !== '' && !Number.isNaN(left) && !Number.isNaN(right) && compare(left, right);
  };

const time = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text));
const date =
  (compare: (value: number, than: number) => boolean): Test =>
  (pattern, value) => {
    const [left, right] = [time(value), time(plainly(pattern))];
    return !Number.isNaN(left) && !Number.isNaN(right) && compare(left, right);
  };

const compares = {
  Equals: (a: number, b: number) => a === b,
  LessThan: (a: number, b: number) => a < b,
  LessThanEquals: (a: number, b: number) => a <= b,
  GreaterThan: (a: number, b: number) => a > b,
  GreaterThanEquals: (a: number, b: number) => a >= b,
};

/** The tests by the operator's name without `Not` (IAM JSON policy elements, "Condition operators"). */
const tests: Readonly<Record<string, Test>> = {
  StringEquals: (pattern, value) => plainly(pattern) === value,
  StringEqualsIgnoreCase: (pattern, value) => plainly(pattern).toLowerCase() === value.toLowerCase(),
  StringLike: matchesLike,
  ArnEquals: matchesArn,
  ArnLike: matchesArn,
  Bool: (pattern, value) => plainly(pattern).toLowerCase() === value.toLowerCase(),
  BinaryEquals: (pattern, value) => plainly(pattern) === value,
  IpAddress: (pattern, value) => isInside(value, plainly(pattern)),
  ...Object.fromEntries(Object.entries(compares).map(([name, compare]) => [`Numeric${name}`, number(compare)])),
  ...Object.fromEntries(Object.entries(compares).map(([name, compare]) => [`Date${name}`, date(compare)])),
};

// `Not` stands in the middle of most: StringNotEquals, ArnNotLike; and before one: NotIpAddress.
const negations: Readonly<Record<string, string>> = {
  NotIpAddress: 'IpAddress',
  ...Object.fromEntries(
    ['StringEquals', 'StringEqualsIgnoreCase', 'StringLike', 'ArnEquals', 'ArnLike', 'NumericEquals', 'DateEquals'].map(
      (name) => [name.replace(/(Equals|Like)/, 'Not$1'), name],
    ),
  ),
};

/** Every operator's name without prefix and suffix, for a hint at the right one. */
export const operatorNames: readonly string[] = [...Object.keys(tests), ...Object.keys(negations), 'Null'];

/** Whether `*` and `?` mean something to it. */
export function takesWildcards({ base }: Operator): boolean {
  return /Like$|^Arn/.test(base);
}

/** The operator behind a name, or undefined when there is none. */
export function readOperator(name: string): Operator | undefined {
  const [, set, word = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name) ?? [];
  const negated = Object.hasOwn(negations, word);
  const base = negated ? (negations[word] ?? '') : word;
  if (base !== 'Null' && !Object.hasOwn(tests, base)) return undefined;
  // A test for absence has no form that passes over absence.
  if (base === 'Null' && (ifExists !== undefined || set !== undefined)) return undefined;
  return { set: set as Operator['set'], base, negated, ifExists: ifExists !== undefined };
}

/**
 * Whether a condition holds for what the request has under its key; undefined is nothing at all. A key that is missing
 * fails every test but a negated one, `…IfExists`, `ForAllValues` and `Null` (the same page, "Important").
 */
export function conditionHolds(
  operator: Operator,
  patterns: readonly Pattern[],
  values: readonly string[] | undefined,
): boolean {
  const { set, base, negated, ifExists } = operator;
  if (base === 'Null') {
    const missing = values === undefined ? 'true' : 'false';
    return patterns.some((pattern) => plainly(pattern).toLowerCase() === missing);
  }
  if (values === undefined || values.length === 0) {
    // Each value of an empty set passes, and none of it does; IfExists is looked at inside of ForAnyValue, for no value.
    if (set !== undefined) return set === 'ForAllValues';
    return negated || ifExists;
  }
  const test = tests[base] ?? (() => false);
  const fits = (value: string): boolean => patterns.some((pattern) => test(pattern, value)) !== negated;
  return set === 'ForAllValues' || (set === undefined && negated) ? values.every(fits) : values.some(fits);
}

/** `*` stands for any run of characters, `/` and `:` included. In time proportional to both lengths multiplied. */
export function matchesLike(pattern: Pattern, value: string): boolean {
  const parts = pattern.flatMap((part): Pattern => (typeof part === 'string' ? [...part] : [part]));
  const signs = [...value];
  let [at, sign, run, from] = [0, 0, -1, 0];
  while (sign < signs.length) {
    const part = parts[at];
    if (typeof part === 'object' && part.any === 'run') [run, from, at] = [at, sign, at + 1];
    else if (part !== undefined && (typeof part === 'object' || part === signs[sign])) [at, sign] = [at + 1, sign + 1];
    else if (run >= 0) [from, at, sign] = [from + 1, run + 1, from + 1];
    else return false;
  }
  return parts.slice(at).every((part) => typeof part === 'object' && part.any === 'run');
}

/** Both ARN operators do the same: each of the six parts by itself, wildcards in each. */
function matchesArn(pattern: Pattern, value: string): boolean {
  const split = <T>(parts: readonly T[], isColon: (part: T) => boolean): T[][] => {
    const out: T[][] = [[]];
    for (const part of parts) {
      if (isColon(part) && out.length < 6) out.push([]);
      else out.at(-1)?.push(part);
    }
    return out;
  };
  const patterns = split(
    pattern.flatMap((part): Pattern => (typeof part === 'string' ? [...part] : [part])),
    (part) => part === ':',
  );
  const values = split([...value], (part) => part === ':').map((part) => part.join(''));
  return patterns.length === values.length && patterns.every((part, at) => matchesLike(part, values[at] ?? ''));
}

/** IPv4 and IPv6, with or without a prefix length. */
function isInside(address: string, range: string): boolean {
  const [network = '', length] = range.split('/');
  if (isIP(address) === 0 || isIP(address) !== isIP(network)) return false;
  const bits = isIP(address) === 4 ? 32 : 128;
  const prefix = BigInt(bits - (length === undefined ? bits : Number(length)));
  return valueOf(address) >> prefix === valueOf(network) >> prefix;
}

function valueOf(address: string): bigint {
  if (isIP(address) === 4) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = '', tail] = address.split('::');
  const [front, back] = [head.split(':').filter(Boolean), (tail ?? '').split(':').filter(Boolean)];
  const middle = tail === undefined ? [] : Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0');
  return [...front, ...middle, ...back].reduce((sum, part) => sum * 65_536n + BigInt(`0x${part}`), 0n);
}
