import type { Env } from './world.ts';

/** These are secrets wherever they stand in a name, and the others where they end it: PAT, DB_PWD, SIGNING_KEY. */
const anywhere =
  /(?:^|_)(?:TOKEN|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|PRIVATE_KEY|ACCESS_KEY|API_?KEY|CREDENTIALS?)(?:_|$)/i;
const atTheEnd = /(?:^|_)(?:KEY|PAT|PWD|PASS|AUTH|AUTH_CONFIG)$/i;
/** Where a secret is, or whose it is; the shell's own PWD, which is a folder; keys that open nothing. */
const about = /_(?:FILE|PATH|DIR|URL|URI|ID|NAME)$|^(?:OLD)?PWD$|(?:PROJECT|CACHE|PUBLIC|SORT|PRIMARY)_KEY$/i;

/** Ours, and those that we read: secrets however short they are. */
const known =
  /^(?:ACTIONS_ID_TOKEN_REQUEST_TOKEN|ARGOCD_AUTH_TOKEN|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|GITHUB_TOKEN)$|^TAGBOAT_(?:APP_PRIVATE_KEY$|QUEUE_KEY$|REGISTRY_PASSWORD$|TOKEN)/;
/** Shorter values of variables that others named are words: CACHE_KEY=main. */
const shortest = 8;

/** Whether a variable's name says that it holds a secret. The one rule for what is masked, and refused in a config. */
export function isSecretName(name: string): boolean {
  return known.test(name) || ((anywhere.test(name) || atTheEnd.test(name)) && !about.test(name));
}

/** An environment's secrets by their variables: those that say so by name, and passwords in proxies' URLs. */
export function secretsOf(env: Env): readonly (readonly [name: string, value: string])[] {
  return Object.entries(env).flatMap(([name, raw = '']): [string, string][] => {
    const value = raw.trim();
    if (/(?:^|_)PROXY$/i.test(name)) return passwordsIn(value).map((password) => [name, password]);
    if (value === '' || !isSecretName(name)) return [];
    return known.test(name) || value.length >= shortest ? [[name, value]] : [];
  });
}

/** A URL's password as it stands there, and as it is meant. Also of one without a scheme, which curl takes for http. */
function passwordsIn(url: string): string[] {
  const written = /^(?:[a-z][a-z0-9+.-]*:\/\/)?[^/?#]*?:([^/?#]*)@/i.exec(url)?.[1];
  if (written === undefined || written === '') return [];
  try {
    return [...new Set([written, decodeURIComponent(written)])];
  } catch {
    return [written];
  }
}
