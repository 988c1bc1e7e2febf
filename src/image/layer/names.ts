import { isUtf8 } from 'node:buffer';

/**
 * A file's name or a link's target from its bytes. What isn't UTF-8 is held in lone surrogates, one for each byte, as
 * Python does it (PEP 383): two names never become one, and `nameBytes` gives the same bytes back.
 */
export function nameOf(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  let name = '';
  for (let at = 0; at < bytes.byteLength; ) {
    const length = [1, 2, 3, 4].find((size) => at + size <= bytes.byteLength && isUtf8(bytes.subarray(at, at + size)));
    name +=
      length === undefined
        ? String.fromCharCode(escapes + (bytes[at] ?? 0))
        : Buffer.from(bytes.subarray(at, at + length)).toString('utf8');
    at += length ?? 1;
  }
  return name;
}

/** The bytes of a name. */
export function nameBytes(name: string): Buffer {
  const parts = name.split(/([\udc80-\udcff])/u);
  if (parts.length === 1) return Buffer.from(name);
  return Buffer.concat(
    parts.map((part, at) => (at % 2 === 0 ? Buffer.from(part) : Buffer.from([part.charCodeAt(0) - escapes]))),
  );
}

const escapes = 0xdc00;
