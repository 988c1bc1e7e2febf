import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What any Kubernetes object has. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly [field: string]: unknown;
}

export interface KubeAccess {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  readonly caFile: string;
  readonly token: string;
}

export interface KubeReply {
  readonly status: number;
  readonly body: unknown;
}

/** The few calls that the tests make of a Kubernetes API. */
export interface Kube {
  call(method: string, path: string, body?: unknown, type?: string): Promise<KubeReply>;
  /** Server-side apply: makes the object, or brings it to this state. Rejects with the server's words. */
  apply(object: KubeObject): Promise<void>;
  /** The object at a path, or undefined where there is none. */
  read(path: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Deletes it and waits until it is gone. */
  remove(object: KubeObject): Promise<void>;
}

/** Speaks to the API server with a bearer token. */
export function kubeAt({ url, caFile, token }: KubeAccess): Kube {
  const ca = readFileSync(caFile);
  const call = async (method: string, path: string, body?: unknown, type = 'application/json'): Promise<KubeReply> => {
    const payload =
      body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      ...(payload === undefined ? {} : { 'content-type': type, 'content-length': payload.byteLength }),
    };
    const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
      const asked = request(`${url}${path}`, { method, ca, headers, timeout: 30_000 }, (response) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      });
      asked.once('timeout', () => asked.destroy(new Error(`${method} ${path} took too long`)));
      asked.once('error', reject);
      asked.end(payload);
    });
    return { status: answer.status, body: parsed(answer.body) };
  };
  const read = async (path: string) => {
    const { status, body } = await call('GET', path);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body as Readonly<Record<string, unknown>>;
  };
  return {
    call,
    read,
    apply: async (object) => {
      const path = `${pathOf(object)}?fieldManager=tagboat-test&force=true`;
      const { status, body } = await call('PATCH', path, object, 'application/apply-patch+yaml');
      if (status >= 300) throw new Error(`${object.kind} ${object.metadata.name}: ${status} ${JSON.stringify(body)}`);
    },
    remove: async (object) => {
      const path = pathOf(object);
      const { status, body } = await call('DELETE', path);
      if (status >= 300 && status !== 404) throw new Error(`DELETE ${path}: ${status} ${JSON.stringify(body)}`);
      while ((await read(path)) !== undefined) await sleep(100);
    },
  };
}

const plurals: Readonly<Record<string, string>> = { AppProject: 'appprojects' };
const global = new Set(['Namespace', 'Node', 'CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding']);

/** Where the API keeps an object. */
export function pathOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const inside = global.has(kind) ? '' : `/namespaces/${namespace ?? 'default'}`;
  return `${root}${inside}/${plurals[kind] ?? `${kind.toLowerCase()}s`}/${name}`;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
