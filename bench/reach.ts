/** A figure the project wants to reach, next to the figure it got. */
export interface Reach {
  readonly what: string;
  /** NaN where it could not be measured. */
  readonly figure: number;
  readonly is: 'at least' | 'at most';
  readonly limit: number;
  /** Written after a number: `x`, ` ms`, ` MB`. */
  readonly unit: string;
  /** What the figure would be if our own part took no time at all. */
  readonly bound?: number;
}

/** `reached`, `missed by 12 %` (of the limit), or `not measured`. */
export function outcome(reach: Reach): string {
  if (Number.isNaN(reach.figure)) return 'not measured';
  const short = reach.is === 'at least' ? reach.limit - reach.figure : reach.figure - reach.limit;
  if (short <= 0) return 'reached';
  const percent = (100 * short) / reach.limit;
  // A near miss must not be rounded into a hit.
  return `missed by ${percent < 1 ? '< 1' : percent.toFixed(0)} %`;
}

/** The reaches as table rows, heading first. */
export function reachRows(reaches: readonly Reach[]): string[][] {
  return [
    ['Reach', 'Wanted', 'Got', 'Bound', ''],
    ...reaches.map((reach) => [
      reach.what,
      `${reach.is} ${reach.limit}${reach.unit}`,
      Number.isNaN(reach.figure) ? '–' : `${short(reach.figure)}${reach.unit}`,
      reach.bound === undefined || Number.isNaN(reach.bound) ? '–' : `${short(reach.bound)}${reach.unit}`,
      outcome(reach),
    ]),
  ];
}

/** Three significant digits, without an exponent: 0.123, 4.56, 78.9, 1234. Whole numbers as they are. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value)) return String(value);
  const digits = Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(3, Math.max(0, 2 - digits)));
}
