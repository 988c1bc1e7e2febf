import { at, isObject, listAt, optionalText, textAt } from '../fields.ts';
import { isLoopback } from '../oci/reference.ts';
import { parseYaml, type YamlDocument } from '../yaml.ts';

/** The way into a cluster that a kubeconfig's context names. Files are as they are written there. */
export interface Cluster {
  /** `https://host:port`, no slash at the end. */
  readonly server: string;
  readonly insecure: boolean;
  /** PEM, or the file that holds it. */
  readonly ca: Material | undefined;
  readonly user: User;
}

export type Material = { readonly text: string } | { readonly file: string };

export type User =
  | { readonly is: 'token'; readonly token: Material }
  | { readonly is: 'certificate'; readonly certificate: Material; readonly key: Material }
  | {
      readonly is: 'plugin';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly apiVersion: string;
    }
  | { readonly is: 'nobody' };

const largest = 1024 * 1024;

/** A kubeconfig as far as its context goes (clientcmd/api/v1), or why it's no use, without a word of a secret. Pure. */
export function readKubeconfig(text: string, context: string | undefined): Cluster | { readonly why: string } {
  const documents = text.length > largest ? undefined : parseYaml(text, { depth: 32, documents: 1 });
  if (documents?.[0] === undefined || documents[0].errors.length > 0) return { why: "it isn't valid YAML" };
  const config = valuesOf(documents[0]);
  if (config === undefined) return { why: "it isn't valid YAML" };
  const name = context ?? textAt(config, 'current-context');
  if (name === '') return { why: 'it has no current context' };
  const chosen = at(named(config, 'contexts', name), 'context');
  if (!isObject(chosen)) return { why: `it has no context ${JSON.stringify(name)}` };
  const cluster = at(named(config, 'clusters', textAt(chosen, 'cluster')), 'cluster');
  const server = textAt(cluster, 'server').replace(/\/+$/, '');
  if (!/^https?:\/\//.test(server) || !URL.canParse(server)) return { why: 'its cluster has no server' };
  // The token of its user would cross the network for everybody to read.
  if (server.startsWith('http:') && !isLoopback(new URL(server).host))
    return { why: 'its cluster is reached by plain http' };
  return {
    server,
    insecure: at(cluster, 'insecure-skip-tls-verify') === true,
    ca: material(cluster, 'certificate-authority'),
    user: userOf(at(named(config, 'users', textAt(chosen, 'user')), 'user')),
  };
}

/** Undefined where an alias leads nowhere, or aliases make more than any kubeconfig has. */
function valuesOf(document: YamlDocument): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

function named(config: unknown, list: string, name: string): unknown {
  return listAt(config, list).find((one) => textAt(one, 'name') === name);
}

/** `KEY-data` holds base64, `KEY` a file's name; the data wins. */
function material(from: unknown, key: string): Material | undefined {
  const data = at(from, `${key}-data`);
  if (typeof data === 'string' && data !== '') return { text: Buffer.from(data, 'base64').toString('utf8') };
  const file = optionalText(from, key);
  return file === undefined ? undefined : { file };
}

function userOf(user: unknown): User {
  const plugin = at(user, 'exec');
  if (isObject(plugin)) {
    const env = listAt(plugin, 'env').map((one) => [textAt(one, 'name'), textAt(one, 'value')] as const);
    const args = listAt(plugin, 'args').flatMap((one) => (typeof one === 'string' ? [one] : []));
    const apiVersion = textAt(plugin, 'apiVersion') || 'client.authentication.k8s.io/v1';
    return { is: 'plugin', command: textAt(plugin, 'command'), args, env: Object.fromEntries(env), apiVersion };
  }
  // The file is read anew each time by those who follow the API, so it is the better one.
  const file = optionalText(user, 'tokenFile');
  if (file !== undefined) return { is: 'token', token: { file } };
  const token = at(user, 'token');
  if (typeof token === 'string' && token !== '') return { is: 'token', token: { text: token } };
  const certificate = material(user, 'client-certificate');
  const key = material(user, 'client-key');
  if (certificate !== undefined && key !== undefined) return { is: 'certificate', certificate, key };
  return { is: 'nobody' };
}
