/**
 * Text from elsewhere (a commit subject, a build's output, a server's words) made safe to print: no control characters,
 * so that it can neither move the cursor nor retitle the window, and no `##[…]`, which a GitHub runner obeys anywhere in
 * a line. Line feeds stay.
 */
export function printable(text: string): string {
  return (
    text
      // Whole escape sequences first (ECMA-48 CSI, then OSC up to its end), or their printable rest would stay behind.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this takes out.
      .replace(/\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?/g, '')
      .replace(/\t/g, '    ')
      .replace(/\r\n/g, '\n')
      // Bidirectional overrides could make a line read as something else (CVE-2021-42574).
      .replace(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/gu, '')
      .replaceAll('##[', '# #[')
  );
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

/** Commit ids and digests by their first digits. */
export function short(id: string): string {
  const hex = id.replace(/^sha256:/, '');
  return hex.slice(0, id.startsWith('sha256:') ? 12 : 7);
}
