import type { ImageConfig } from '../shape/checked.ts';
import { whyNoFile } from '../shape/grammar.ts';
import type { ImageShape } from '../shape/image.ts';
import type { Checks } from './checks.ts';

/** Which builder the engine buildx uses. Files stay as written: the plan makes them absolute. */
export function checkBuilder(
  path: readonly (string | number)[],
  raw: ImageShape['builder'],
  checks: Checks,
): Pick<ImageConfig, 'builder' | 'builderTls'> {
  if (raw === undefined || typeof raw === 'string') {
    const legal = raw === undefined || isWord(raw) || isTcp(raw) || isSocket(raw);
    const forms = 'one word of letters, digits, "_", "." and "-", or tcp://host:port, or unix:///path';
    checks.mustBe(path, legal ? undefined : forms);
    return { builder: raw, builderTls: undefined };
  }
  const { address, ca, cert, key, serverName } = raw;
  checks.mustBe([...path, 'address'], isTcp(address) ? undefined : 'tcp://host:port');
  for (const [name, file] of Object.entries({ ca, cert, key })) {
    if (file !== undefined) checks.mustBe([...path, name], whyNoFile(file));
  }
  if (serverName !== undefined) {
    checks.mustBe(
      [...path, 'serverName'],
      /^[A-Za-z0-9][\w.-]{0,252}$/.test(serverName) ? undefined : 'the name of a host',
    );
  }
  const client = cert !== undefined && key !== undefined ? { cert, key } : undefined;
  if (client === undefined) {
    if (cert !== undefined) checks.missing([...path, 'key'], 'a certificate is of no use without its key');
    if (key !== undefined) checks.missing([...path, 'cert'], 'a key is of no use without its certificate');
  }
  return { builder: address, builderTls: { ca, client, serverName } };
}

/** A name that can stand on a command line. */
export function isWord(text: string): boolean {
  return /^[\w][\w.-]{0,127}$/.test(text);
}

// Addresses that buildx's driver `remote` takes, without anything that could be a secret.
function isTcp(text: string): boolean {
  return /^tcp:\/\/(?:[\w.-]+|\[[0-9a-f:]+\]):\d{1,5}$/i.test(text);
}

function isSocket(text: string): boolean {
  return /^unix:\/\/\/[\w./-]+$/.test(text);
}
