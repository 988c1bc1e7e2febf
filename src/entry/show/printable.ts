/** What a terminal takes for a command (ECMA-48): CSI, and strings (OSC, DCS, SOS, PM, APC) within a line. */
export const escapeSequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this takes out.
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?/g;

/** Control characters but the line feed; and bidirectional overrides, which make a line read as something else (CVE-2021-42574). */
export const controls = /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text from elsewhere (a commit subject, a build's output, a server's words) made safe to print: no control characters,
 * so that it can neither move the cursor nor retitle the window, and nothing that a GitHub runner obeys. Line feeds stay.
 */
export function printable(text: string): string {
  // Most are a line of plain letters, of which thousands may be shown.
  return /^(?! *::)[ -~]*$/.test(text) && !text.includes('##[') ? text : unheard(cleaned(text));
}

/** Any JSON-like value with every text in it made safe to print. */
export function printableValue(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map(printableValue);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, printableValue(one)]));
}

/** The same for what is escaped by the line anyway. */
export function cleaned(text: string): string {
  return (
    text
      // Whole escape sequences first, or their printable rest would stay behind.
      .replace(escapeSequences, '')
      .replace(/\t/g, '    ')
      .replace(/\r\n/g, '\n')
      .replace(controls, '')
      .replaceAll('##[', '# #[')
  );
}

/** A product (a diff) made safe to print: as `printable`, but tabs and line ends are part of it and stay. */
export function printableProduct(text: string): string {
  return text
    .replace(escapeSequences, '')
    .replace(controls, (control, at: number, whole: string) =>
      control === '\t' || (control === '\r' && whole[at + 1] === '\n') ? control : '',
    );
}

/**
 * Text in which a GitHub runner hears no command: `::name::` at the beginning of a line, blanks before it or not, and
 * the older `##[name]`, which is obeyed anywhere in a line (actions/runner, ActionCommand).
 */
export function unheard(text: string): string {
  return text.replace(/^([^\S\n]*):(?=:)/gm, '$1: ').replaceAll('##[', '# #[');
}

/** The same on one line. */
export function oneLine(text: string): string {
  return printable(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

/** Spaces after a name up to that many columns. Names are of letters that take one column each. */
export function padTo(columns: number, text: string): string {
  return text + ' '.repeat(Math.max(0, columns - text.length));
}

/** Seconds as people say them: `0.4 s`, `12 s`, `3 min 5 s`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A time by the machine's own clock and zone, to the minute. */
export function minuteOf(iso: string): string {
  const time = new Date(iso);
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** Commit ids and digests by their first digits. */
export function short(id: string): string {
  const hex = id.replace(/^sha256:/, '');
  return hex.slice(0, id.startsWith('sha256:') ? 12 : 7);
}
