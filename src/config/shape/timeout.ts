const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a time such as `90s`, `10m`, `1h30m` or `2d`; NaN when it is none. */
export function timeoutOf(text: string): number {
  if (!/^(?:\d{1,6}(?:ms|[smhd])){1,3}$/.test(text)) return Number.NaN;
  const parts = [...text.matchAll(/(\d+)(ms|[smhd])/g)];
  return parts.reduce((sum, [, number = '', unit = '']) => sum + Number(number) * (units[unit] ?? Number.NaN), 0);
}
