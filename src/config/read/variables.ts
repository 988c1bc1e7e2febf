import { type Place, TagboatError } from '../../errors.ts';
import { isSecretName } from '../../wire/secret-names.ts';
import type { Env } from '../../wire/world.ts';
import { findSecret } from './secrets.ts';

interface At {
  readonly file: string;
  readonly key: string;
  readonly place: (name: string) => Place;
  /** The text is a template: `{…}` from the environment is text there all the same. */
  readonly template: boolean;
  /** The text is a variable's name and nothing else: what it stands for is a secret, and read where it is used. */
  readonly named: boolean;
  /** Told of a variable that isn't set; answers whether that is borne. */
  readonly unset: (name: string) => boolean;
}

/**
 * A text with `${NAME}` replaced by the environment's value and `$${` by `${`. Throws CONFIG_VARIABLE_UNSET,
 * CONFIG_SECRET_IN_FILE, CONFIG_VALUE_INVALID.
 */
export function expandVariables(text: string, env: Env, at: At): string {
  if (at.named) {
    const name = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text)?.[1];
    if (name === undefined) refuse(undefined, `${at.key}, which is a secret`, at);
    if (!env[name]) at.unset(name);
    return text;
  }
  const kept = (value: string): string =>
    at.template ? value.replace(/\{([a-zA-Z]+(?:\.[\w-]+)?)\}/g, '{{$1}}') : value;
  return text.replace(
    /\$\$(\{[^{}]*\}?)|\$\{([^{}]*)(\}?)/g,
    (_, literal: string | undefined, name: string, end: string) => {
      if (literal !== undefined) return `$${kept(literal)}`;
      if (end === '' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        const expression = text.includes('${{');
        const why = expression
          ? `has \${{ … }}, which only workflow files know: give it to the step as a variable and name that here, \${NAME}`
          : `has \${ without a variable's name and } after it; to mean the text itself, write $\${`;
        throw new TagboatError('CONFIG_VALUE_INVALID', { file: at.file, key: at.key, why }, { place: at.place('') });
      }
      const value = env[name];
      if (isSecretName(name)) refuse(name, 'a secret, as its name says', at);
      // GitHub hands a variable that doesn't exist on as an empty one.
      if (value === undefined || value === '') {
        // A name that looks like what it stands for in most places, and that whoever sees it knows again.
        if (at.unset(name)) return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
        const place = at.place(name);
        throw new TagboatError('CONFIG_VARIABLE_UNSET', { file: at.file, key: at.key, name }, { place });
      }
      const secret = findSecret(value, env);
      if (secret !== undefined) refuse(name, secret.what, at);
      return kept(value);
    },
  );
}

function refuse(variable: string | undefined, what: string, { file, place }: At): never {
  throw new TagboatError('CONFIG_SECRET_IN_FILE', { file, what, variable }, { place: place(variable ?? '') });
}
