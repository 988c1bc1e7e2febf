import { Secret } from '../wire/secret.ts';
import { secretsOf } from '../wire/secret-names.ts';
import type { Env, World } from '../wire/world.ts';

/** Knows every secret of a run: masks each the moment it is known, and takes them out of what peers say. */
export interface Keeper {
  /** The value as a Secret, masked. */
  keep(value: string, label: string): Secret;
  /** `Basic …` for these, masked in its encoded form too. */
  basic(username: string, password: Secret, label: string): Secret;
  /** The text without any known secret: peers echo what they were sent (AWS does, in validation errors). */
  clean(text: string): string;
  /** Drops every value. */
  forget(): void;
}

/** Shorter values turn up in ordinary words, where replacing them would only garble the text. */
const shortest = 4;

export function createKeeper(mask: World['mask']): Keeper {
  const labels = new Map<string, string>();
  const keep = (value: string, label: string): Secret => {
    for (const form of formsOf(value)) {
      if (labels.has(form)) continue;
      mask(form);
      labels.set(form, label);
    }
    return new Secret(value, label);
  };
  return {
    keep,
    basic: (username, password, label) => {
      const encoded = Buffer.from(`${username}:${password.reveal()}`).toString('base64');
      keep(encoded, label);
      return new Secret(`Basic ${encoded}`, label);
    },
    clean: (text) => {
      let clean = text;
      // Longest first: a secret that contains another must not leave its ends behind.
      for (const [value, label] of [...labels].sort(([a], [b]) => b.length - a.length)) {
        if (value.length >= shortest) clean = clean.replaceAll(value, `[${label}]`);
      }
      return clean;
    },
    forget: () => labels.clear(),
  };
}

/** Every variable that holds a secret, used or not: builders and helpers run in this environment. */
export function keepVariables(keeper: Keeper, env: Env): void {
  for (const [name, value] of secretsOf(env)) keeper.keep(value, name);
}

/** The value, its encoded forms, and for key files each line, since logs are printed by the line. */
function formsOf(value: string): string[] {
  if (value === '') return [];
  const lines = value
    .split(/\\n|\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= 16 && !line.startsWith('-----'));
  return [value, Buffer.from(value).toString('base64'), encodeURIComponent(value), ...lines];
}
