import { type ExpandOptions, expand } from '../dockerfile/expand.ts';

/** A text with its variables replaced, or, where a base image's variables are in it, what decides the result. */
export type Value =
  | { readonly known: true; readonly text: string }
  /** The text as written and the known values that go into it; the unknown ones are decided by the base's digest. */
  | { readonly known: false; readonly form: string };

/** The variables that an instruction sees: ARG and ENV together, as BuildKit keeps them. */
export interface Scope {
  readonly variables: ReadonlyMap<string, Value>;
  /** What a variable is that nothing in the Dockerfile has set. */
  readonly outside: (name: string) => Value | undefined;
  /** Told of every variable that is looked up. */
  readonly used: (name: string) => void;
}

export function known(text: string): Value {
  return { known: true, text };
}

/** A variable that only the base image's config tells. */
export const ofTheBase: Value = { known: false, form: 'of the base image' };

/** Replaces the variables of a text. Throws Misread. */
export function valueOf(text: string, scope: Scope, options: ExpandOptions): Value {
  const parts = new Map<string, string>();
  let isKnown = true;
  const lookup = (name: string): string | undefined => {
    scope.used(name);
    const value = scope.variables.get(name) ?? scope.outside(name);
    if (value !== undefined) parts.set(name, encoded(value));
    if (value === undefined || value.known) return value?.text;
    isKnown = false;
    // Anything but empty: what comes out isn't used, and `${NAME:?}` must not refuse it.
    return 'x';
  };
  const { text: expanded } = expand(text, lookup, options);
  if (isKnown) return known(expanded);
  const values = [...parts].sort(([a], [b]) => (a < b ? -1 : 1));
  // The same text means something else with another escape character.
  return { known: false, form: JSON.stringify([text, values, ...(options.escape === '\\' ? [] : [options.escape])]) };
}

/** A value as part of what is hashed. */
export function encoded(value: Value): string {
  return value.known ? `=${value.text}` : `~${value.form}`;
}
