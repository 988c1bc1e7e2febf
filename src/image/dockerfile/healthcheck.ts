import { readFlags } from './flags.ts';
import type { Healthcheck } from './instruction.ts';
import { Misread } from './invalid.ts';
import { jsonStrings, type Split } from './words.ts';

/** What a HEALTHCHECK says. Throws Misread. */
export function readHealthcheck({ flags: words, rest: { text } }: Split): Healthcheck {
  const match = /^([^\s]+)\s*/.exec(text);
  if (match === null) throw new Misread('HEALTHCHECK needs CMD or NONE');
  const type = match[1]?.toUpperCase() ?? '';
  const rest = text.slice(match[0].length);
  const none = { interval: 0, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 };
  if (type === 'NONE') {
    if (rest !== '') throw new Misread('HEALTHCHECK NONE stands alone');
    return { test: ['NONE'], ...none };
  }
  const names = ['interval', 'timeout', 'start-period', 'start-interval', 'retries'];
  const flags = readFlags(words, Object.fromEntries(names.map((name) => [name, 'text'])));
  if (type !== 'CMD') throw new Misread(`HEALTHCHECK is CMD or NONE, not ${match[1]?.slice(0, 40)}`);
  const json = jsonStrings(rest);
  if (json === 'mixed') throw new Misread('a JSON array here may hold strings only');
  if (rest === '' || json?.length === 0) throw new Misread('HEALTHCHECK CMD needs a command');
  const retries = flags.text('retries') || '0';
  if (!/^\+?\d{1,9}$/.test(retries))
    throw new Misread(`--retries is a whole number from 0, not ${JSON.stringify(retries)}`);
  return {
    test: json === undefined ? ['CMD-SHELL', rest] : ['CMD', ...json],
    interval: readDuration('interval', flags.text('interval')),
    timeout: readDuration('timeout', flags.text('timeout')),
    startPeriod: readDuration('start-period', flags.text('start-period')),
    startInterval: readDuration('start-interval', flags.text('start-interval')),
    retries: Number(retries),
  };
}

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
function readDuration(flag: string, text: string | undefined): number {
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
