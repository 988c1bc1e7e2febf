import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { TagboatError } from '../../errors.ts';
import { at, optionalText } from '../../wire/fields.ts';
import { type Cluster, type Material, readKubeconfig, type User } from '../../wire/kubernetes/kubeconfig.ts';
import type { Secret } from '../../wire/secret.ts';
import type { World } from '../../wire/world.ts';
import type { Keeper } from '../keeper.ts';

/** The way into a cluster, with everything read that it names. */
export interface ClusterLogin {
  readonly server: string;
  readonly insecure: boolean;
  /** PEM. */
  readonly ca: string | undefined;
  readonly client: { readonly cert: string; readonly key: Secret } | undefined;
  /** What it is, for messages. */
  readonly label: string;
  /** The bearer token, asked anew after the server refused the last one. */
  token(refused: boolean): Promise<Secret | undefined>;
}

const pluginMs = 60_000;

/** The kubeconfig (KUBECONFIG, else `~/.kube/config`) of a context, its plugin asked. Throws KUBECONFIG_UNUSABLE. */
export async function kubernetesLogin(
  world: World,
  keeper: Keeper,
  context: string | undefined,
): Promise<ClusterLogin> {
  // Several files would be merged by kubectl; the first one that is there is what CI has.
  const listed = (world.env.KUBECONFIG ?? '').split(delimiter).filter((one) => one !== '');
  const file = listed[0] ?? join(world.env.HOME ?? '', '.kube', 'config');
  const unusable = (why: string, cause?: unknown) => new TagboatError('KUBECONFIG_UNUSABLE', { file, why }, { cause });
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw unusable(cause.code === 'ENOENT' ? "it isn't there" : `it can't be read (${cause.code})`, cause);
  });
  const cluster = readKubeconfig(text, context);
  if ('why' in cluster) throw unusable(cluster.why);
  // Names in the file are seen from its own folder.
  const read = async (material: Material): Promise<string> => {
    if ('text' in material) return material.text;
    const path = resolve(dirname(file), material.file);
    return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw unusable(`${path} can't be read (${cause.code})`, cause);
    });
  };
  const { server, insecure, user } = cluster;
  const ca = cluster.ca === undefined ? undefined : await read(cluster.ca);
  const known = { server, insecure, ca, label: `the user of ${file}` };
  if (user.is === 'plugin') return { ...known, ...(await byPlugin(world, keeper, cluster, user, unusable)) };
  if (user.is === 'nobody') throw unusable('its user has neither a token nor a client certificate nor a plugin');
  if (user.is === 'certificate') {
    const key = keeper.keep(await read(user.key), 'client key');
    return { ...known, client: { cert: await read(user.certificate), key }, token: async () => undefined };
  }
  // Read at each use: in a pod the file is renewed.
  const token = async () => keeper.keep((await read(user.token)).trim(), 'cluster token');
  return { ...known, client: undefined, token };
}

type Unusable = (why: string, cause?: unknown) => TagboatError;

/** A credential plugin (client.authentication.k8s.io), such as `aws eks get-token`. It answers on stdout. */
async function byPlugin(
  world: World,
  keeper: Keeper,
  { server }: Cluster,
  user: User & { readonly is: 'plugin' },
  unusable: Unusable,
): Promise<Pick<ClusterLogin, 'client' | 'token'>> {
  const ask = async (): Promise<unknown> => {
    const info = {
      kind: 'ExecCredential',
      apiVersion: user.apiVersion,
      spec: { interactive: false, cluster: { server } },
    };
    const done = await world.exec({
      program: user.command,
      args: user.args,
      env: { ...user.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      signal: world.signal,
      timeoutMs: pluginMs,
    });
    if (done.missing) throw unusable(`its plugin ${user.command} isn't installed`);
    if (done.code !== 0) throw unusable(`its plugin ${user.command} ended with ${done.code ?? done.signal}`);
    try {
      return at(JSON.parse(done.stdout), 'status');
    } catch {
      throw unusable(`its plugin ${user.command} answered with something else than JSON`);
    }
  };
  const tokenIn = (status: unknown): Secret | undefined => {
    const token = optionalText(status, 'token');
    return token === undefined ? undefined : keeper.keep(token, 'cluster token');
  };
  const first = await ask();
  const [cert, key] = [optionalText(first, 'clientCertificateData'), optionalText(first, 'clientKeyData')];
  const client = cert === undefined || key === undefined ? undefined : { cert, key: keeper.keep(key, 'client key') };
  let token = tokenIn(first);
  if (client === undefined && token === undefined) throw unusable(`its plugin ${user.command} gave no credential`);
  return {
    client,
    token: async (refused) => {
      if (refused) token = tokenIn(await ask());
      return token;
    },
  };
}
