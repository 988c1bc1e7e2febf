import { didYouMean, Misread } from './invalid.ts';

type Kind = 'text' | 'yes' | 'list';

/** An instruction's flags, checked against those it may have. */
export interface Flags {
  text(name: string): string | undefined;
  yes(name: string): boolean | undefined;
  list(name: string): readonly string[];
}

/** Reads `--name=value` words. Throws Misread for an unknown, repeated or ill-formed one. */
export function readFlags(words: readonly string[], allowed: Readonly<Record<string, Kind>>): Flags {
  const given = new Map<string, string[]>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = word.slice(2, equals < 0 ? undefined : equals);
    const value = equals < 0 ? undefined : word.slice(equals + 1);
    const kind = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (kind === undefined)
      throw new Misread(`there is no flag --${name} here${didYouMean(name, Object.keys(allowed), '--')}`);
    if (given.has(name) && kind !== 'list') throw new Misread(`--${name} stands here twice`);
    if (kind !== 'yes' && value === undefined) throw new Misread(`--${name} needs a value`);
    if (kind === 'yes' && value !== undefined && !/^(?:true|false)$/i.test(value)) {
      throw new Misread(`--${name} is true or false, not ${JSON.stringify(value)}`);
    }
    given.set(name, [...(given.get(name) ?? []), value ?? 'true']);
  }
  return {
    text: (name) => given.get(name)?.[0],
    yes: (name) => {
      const value = given.get(name)?.[0];
      return value === undefined ? undefined : value.toLowerCase() === 'true';
    },
    list: (name) => given.get(name) ?? [],
  };
}
