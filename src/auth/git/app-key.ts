import { Secret } from '../../wire/secret.ts';

/** The App's key as a Secret, from PEM as it is, with its line ends written `\n`, or as base64 of PEM. */
export function pemOf(value: string): Secret {
  const text = value.trim().replaceAll('\\n', '\n');
  const decoded = text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('utf8');
  return new Secret(decoded.trim(), 'TAGBOAT_APP_PRIVATE_KEY');
}
