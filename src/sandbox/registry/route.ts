import { isRepository } from '../../wire/oci/reference.ts';
import { jsonAnswer, noRepository, type RegistryAnswer, type RegistryCall, registryRefusal } from './answer.ts';
import type { RegistryAccess, RegistryGate } from './auth.ts';
import { openUpload, serveBlob, serveUpload } from './blob.ts';
import { type ManifestRules, serveManifest, serveReferrers } from './manifest.ts';
import type { Store } from './store.ts';
import type { Uploads } from './upload.ts';

/** What the registry is made of. */
interface RouteParts extends ManifestRules {
  readonly store: Store;
  readonly uploads: Uploads;
  readonly gate: RegistryGate;
}

/** Finds what a request is about, asks the gate, and has it done. */
export async function route(
  call: RegistryCall,
  { store, uploads, gate, ...rules }: RouteParts,
): Promise<RegistryAnswer> {
  const { pathname, searchParams, origin } = call.url;
  if (pathname === '/token') return gate.token(call);
  const target = routeOf(pathname);
  const access: RegistryAccess = { repository: target?.repository, actions: actionsOf(call.method) };
  const { authorization } = call.headers;
  const decision = await gate.decide(authorization, access);
  if (decision === 'challenge') return gate.challenge(access, authorization, origin);
  if (decision === 'deny') return registryRefusal(403, 'DENIED', 'These credentials may not do that.');
  if (pathname === '/v2/' || pathname === '/v2') return jsonAnswer(200, {});
  if (pathname === '/v2/_catalog') return jsonAnswer(200, { repositories: store.repositories() });
  if (target === undefined) return registryRefusal(404, 'UNSUPPORTED', `There is nothing at ${pathname}.`);
  const { repository, kind, name } = target;
  if (!isRepository(repository)) return registryRefusal(400, 'NAME_INVALID', `${repository} is no repository's name.`);
  const about = { ...call, repository };
  if (kind === 'manifests') return serveManifest(about, name, store, rules);
  if (kind === 'blobs') return serveBlob(about, name, store);
  if (kind === 'referrers') {
    return rules.referrers
      ? serveReferrers(about, name, store)
      : registryRefusal(404, 'UNSUPPORTED', 'Referrers are not listed here.');
  }
  if (kind === 'tags') return listTags(repository, searchParams, store);
  if (name !== '') return serveUpload(about, name, uploads);
  const mayPull = async (from: string) =>
    (await gate.decide(authorization, { repository: from, actions: ['pull'] })) === 'allow';
  return openUpload(about, store, uploads, { createOnPush: rules.createOnPush, mayPull });
}

function listTags(repository: string, query: URLSearchParams, store: Store): RegistryAnswer {
  if (!store.hasRepository(repository)) return noRepository(repository);
  const last = query.get('last') ?? '';
  const rest = store.tags(repository).filter((tag) => tag > last);
  const limit = query.has('n') ? Number(query.get('n')) : rest.length;
  const tags = rest.slice(0, limit);
  const next = `</v2/${repository}/tags/list?n=${limit}&last=${tags.at(-1) ?? ''}>; rel="next"`;
  return jsonAnswer(
    200,
    { name: repository, tags },
    rest.length > tags.length && tags.length > 0 ? { link: next } : {},
  );
}

interface RouteTarget {
  readonly repository: string;
  readonly kind: 'manifests' | 'blobs' | 'uploads' | 'tags' | 'referrers';
  /** Tag, digest or upload id; empty where an upload begins. */
  readonly name: string;
}

/** What a path names, or undefined when it is none of the spec's. */
export function routeOf(path: string): RouteTarget | undefined {
  const [, repository = '', rest = ''] = /^\/v2\/(.+)\/((?:manifests|blobs|tags|referrers)\/.+)$/.exec(path) ?? [];
  const upload = /^(.+)\/blobs\/uploads\/([^/]*)$/.exec(path.slice('/v2/'.length));
  if (upload !== null) return { repository: upload[1] ?? '', kind: 'uploads', name: upload[2] ?? '' };
  const [kind, name = ''] = rest.split('/');
  if (kind === 'tags') return name === 'list' ? { repository, kind, name } : undefined;
  return kind === 'manifests' || kind === 'blobs' || kind === 'referrers' ? { repository, kind, name } : undefined;
}

function actionsOf(method: string): string[] {
  if (method === 'GET' || method === 'HEAD') return ['pull'];
  return method === 'DELETE' ? ['delete'] : ['pull', 'push'];
}
