import { Misread } from './invalid.ts';

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Nanoseconds of a duration as Go writes it (`1m30s`, `500ms`), 0 for none. Under 1 ms but not 0: Misread. */
export function readDuration(flag: string, text: string | undefined): number {
  if (text === undefined || text === '' || /^[+-]?0$/.test(text)) return 0;
  const match = /^([+-]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(text.slice(0, 100));
  if (match === null || text.length > 100)
    throw new Misread(`--${flag} is no duration like 30s or 1m30s: ${JSON.stringify(text)}`);
  let total = 0;
  for (const [, number = '', unit = ''] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(number) * (units[unit] ?? 0);
  }
  const nanoseconds = Math.trunc(match[1] === '-' ? -total : total);
  if (nanoseconds === 0) return 0;
  if (nanoseconds < 1e6) throw new Misread(`--${flag} can't be less than 1ms`);
  if (nanoseconds > Number.MAX_SAFE_INTEGER) throw new Misread(`--${flag} is longer than Docker can count`);
  return nanoseconds;
}
