import { secretsOf } from '../../wire/secret-names.ts';
import type { Env } from '../../wire/world.ts';

/** Shorter values turn up in ordinary words. */
const shortest = 8;

/** What secrets look like. Each is named for the message; the text itself is never repeated. */
const shapes: readonly [what: string, shape: RegExp][] = [
  ['a GitHub token', /\bgh[opsur]_[A-Za-z0-9]{16,}|\bgithub_pat_[A-Za-z0-9_]{20,}/],
  ['a GitLab token', /\bgl(?:pat|dt|cbt|rt|ft|soat)-[\w-]{16,}/],
  ['an AWS access key', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ['a private key', /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY/],
  ['a JSON Web Token', /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/],
  ['a Docker Hub token', /\bdckr_[a-z]+_[\w-]{16,}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{30,}/],
  ['a Slack token', /\bxox[abeoprs]-[\w-]{10,}/],
  ['a webhook of Slack', /\bhooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/\w+\/\w+/],
  ['a webhook of Discord', /\bdiscord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/\d+\/[\w-]{8,}/],
  ['a Google API key', /\bAIza[\w-]{30,}/],
  ['a Stripe key', /\b[rs]k_live_\w{16,}/],
  // A digest after the @ is none: docker-image://alpine@sha256:…
  ['a user name and password in a URL', /[a-z][a-z0-9+.-]*:\/\/[^\s/@"']+@(?!sha256:)/i],
];

/** What a text seems to hold that no file may, and where: a secret's shape, or the value of an environment's secret. */
export function findSecret(text: string, env: Env): { what: string; offset: number } | undefined {
  let first: { what: string; offset: number } | undefined;
  for (const [name, value] of secretsOf(env)) {
    const offset = value.length < shortest ? -1 : text.indexOf(value);
    if (offset >= 0 && (first === undefined || offset < first.offset)) first = { what: `the value of ${name}`, offset };
  }
  for (const [what, shape] of shapes) {
    const offset = text.search(shape);
    if (offset >= 0 && (first === undefined || offset < first.offset)) first = { what, offset };
  }
  return first;
}
