/** Takes secrets out of all that is printed. */
export interface Scrubber {
  /** Registers a secret. Values under four characters would blank ordinary words and are left alone. */
  readonly add: (secret: string) => void;
  /** The text with every registered secret, in any form a program may print it, as `***`. */
  readonly text: (text: string) => string;
  /** Any JSON-like value with every string in it scrubbed, keys included. Functions and symbols are dropped. */
  readonly value: (value: unknown) => unknown;
}

const mark = '***';
const shortest = 4;
/** A fragment of base64 this short turns up in ordinary words. */
const shortestFragment = 8;

export function createScrubber(): Scrubber {
  const forms = new Set<string>();
  let pattern: RegExp | undefined;

  const add = (secret: string): void => {
    const before = forms.size;
    for (const form of formsOf(secret)) forms.add(form);
    if (forms.size === before) return;
    // Longest first: a secret that contains another must not leave its ends behind.
    const sorted = [...forms].sort((a, b) => b.length - a.length);
    pattern = new RegExp(sorted.map(escapeRegExp).join('|'), 'g');
  };

  const text = (raw: string): string => {
    if (pattern === undefined) return raw;
    let clean = raw;
    // A replacement can complete another occurrence ("xx***" for the secret "x***"); each round is shorter, so it ends.
    for (let next = clean.replace(pattern, mark); next !== clean; next = clean.replace(pattern, mark)) clean = next;
    return clean;
  };

  const value = (raw: unknown): unknown => {
    if (typeof raw === 'string') return text(raw);
    if (Array.isArray(raw)) return raw.map(value);
    if (raw === null || typeof raw !== 'object') return raw;
    const own = 'toJSON' in raw && typeof raw.toJSON === 'function' ? raw.toJSON() : raw;
    if (own !== raw) return value(own);
    return Object.fromEntries(Object.entries(raw).map(([key, inner]) => [text(key), value(inner)]));
  };

  return { add, text, value };
}

/** Every shape in which a program may print the secret. */
function formsOf(secret: string): string[] {
  const whole = secret.trim();
  if (whole.length < shortest) return [];
  // Through UTF-8 and back: half a surrogate pair would make the encoders throw.
  const percent = encodeURIComponent(Buffer.from(whole).toString());
  const form = new URLSearchParams({ '': whole }).toString().slice(1);
  return [
    secret,
    whole,
    percent,
    percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    form,
    JSON.stringify(whole).slice(1, -1),
    Buffer.from(whole).toString('base64'),
    Buffer.from(whole).toString('base64url'),
    ...fragments(whole),
    ...lines(whole),
  ].filter((text) => text.length >= shortest);
}

/**
 * What every base64 text that has the secret somewhere inside (`user:secret`, a JSON file) must contain: one fragment
 * for each of the three ways in which the secret can fall on the 3-byte groups.
 */
function fragments(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((before) => {
    const skip = (3 - before) % 3;
    // Only whole groups made of the secret's own bytes are the same whatever stands around it.
    const own = bytes.subarray(skip, skip + Math.floor((bytes.length - skip) / 3) * 3);
    const encoded = own.toString('base64');
    if (encoded.length < shortestFragment) return [];
    return [encoded, encoded.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** The lines of a key file one by one, since logs are printed by the line. Its BEGIN and END lines are no secret. */
function lines(secret: string): string[] {
  if (!secret.includes('\n')) return [];
  return secret
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= 16 && !line.startsWith('-----'));
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
