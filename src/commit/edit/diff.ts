// The folder itself, not the package's index: that one loads every kind of diff it has.
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff/lib/patch/create.js';

/** The change to one file as `git diff` shows it, three lines around; empty when nothing changed. */
export function unifiedDiff(file: string, before: Uint8Array | undefined, after: Uint8Array | undefined): string {
  const [old, now] = [before, after].map((bytes) => (bytes === undefined ? '' : text(bytes))) as [string, string];
  if (before !== undefined && after !== undefined && old === now) return '';
  const [from, to] = [
    before === undefined ? '/dev/null' : `a/${file}`,
    after === undefined ? '/dev/null' : `b/${file}`,
  ];
  if (old.includes('\0') || now.includes('\0')) return `Binary files ${from} and ${to} differ\n`;
  return createTwoFilesPatch(from, to, old, now, undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}

function text(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
