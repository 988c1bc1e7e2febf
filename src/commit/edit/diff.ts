// The folder itself, not the package's index: that one loads every kind of diff it has.
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff/lib/patch/create.js';

/** The change to one file as `git diff` shows it, three lines around; empty when nothing changed. */
export function unifiedDiff(file: string, before: Uint8Array | undefined, after: Uint8Array): string {
  const old = before === undefined ? '' : text(before);
  const now = text(after);
  if (before !== undefined && old === now) return '';
  const from = before === undefined ? '/dev/null' : `a/${file}`;
  return createTwoFilesPatch(from, `b/${file}`, old, now, undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}

function text(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
