import { randomBytes, randomUUID } from 'node:crypto';
import { type ApiAnswer, type ApiRequest, json } from '../../../src/sandbox/api.ts';
import { isSignedBy, readJwt, signingKeyOf } from '../../../src/sandbox/jwt.ts';
import type { Clock } from '../../../src/wire/world.ts';

export type Permissions = Readonly<Record<string, 'read' | 'write'>>;

export interface AppOptions {
  /** Repositories on which the app is installed, as `owner/name`. */
  readonly installedOn?: readonly string[];
  /** What the installation was granted. Default: contents write, metadata read. */
  readonly permissions?: Permissions;
  readonly suspended?: boolean;
}

/** A GitHub App and its installations: the endpoints an App calls, below one base path. */
export interface InstalledApp {
  readonly id: string;
  readonly slug: string;
  /** As GitHub hands it out: PKCS#1 PEM. */
  readonly privateKey: string;
  readonly answer: (request: ApiRequest, path: string) => ApiAnswer;
  /** Whether a token is good for a repository at this moment. */
  readonly accepts: (token: string, repository: string, access: 'read' | 'write') => boolean;
  /** Installation tokens that are neither revoked nor expired. */
  readonly liveTokens: () => readonly string[];
}

interface Issued {
  readonly repositories: ReadonlySet<string>;
  readonly permissions: Permissions;
  readonly expiresAt: number;
}

const tokenMs = 3_600_000;
const docs = 'https://docs.github.com/rest';

export async function createInstalledApp(options: AppOptions, clock: Pick<Clock, 'now'>): Promise<InstalledApp> {
  const { installedOn = [], permissions = { contents: 'write', metadata: 'read' }, suspended = false } = options;
  const key = await signingKeyOf('app');
  const id = '98765';
  const slug = 'tagboat-sandbox';
  const owners = [...new Set(installedOn.map((repository) => ownerOf(repository)))];
  const issued = new Map<string, Issued>();

  const installation = (owner: string) => ({
    id: 4_100 + owners.indexOf(owner),
    account: { login: owner },
    app_id: Number(id),
    app_slug: slug,
    repository_selection: 'selected',
    permissions,
    suspended_at: suspended ? new Date(clock.now()).toISOString() : null,
  });

  /** Every answer says what time it is here: an App whose JWT is refused may set its clock by it. */
  const answer = (request: ApiRequest, path: string): ApiAnswer => {
    const plain = answerTo(request, path);
    return { ...plain, headers: { ...plain.headers, date: new Date(clock.now()).toUTCString() } };
  };

  function answerTo(request: ApiRequest, path: string): ApiAnswer {
    if (request.method === 'DELETE' && path === '/installation/token') return revoke(request);
    const refusal = refusedJwt(request);
    if (refusal !== undefined) return refusal;
    if (request.method === 'GET' && path === '/app')
      return json(200, { id: Number(id), slug, html_url: `https://github.com/apps/${slug}`, permissions });
    if (request.method === 'GET' && path === '/app/installations') return json(200, owners.map(installation));
    const [, owner, name] = /^\/repos\/([^/]+)\/([^/]+)\/installation$/.exec(path) ?? [];
    if (request.method === 'GET' && owner !== undefined) {
      return installedOn.includes(`${owner}/${name}`) ? json(200, installation(owner)) : refuse(404, 'Not Found');
    }
    const [, number] = /^\/app\/installations\/(\d+)\/access_tokens$/.exec(path) ?? [];
    if (request.method === 'POST' && number !== undefined) return mint(request, Number(number));
    return refuse(404, 'Not Found');
  }

  /** GitHub's checks on an App's JWT, in its words. Undefined when it passes. */
  function refusedJwt(request: ApiRequest): ApiAnswer | undefined {
    const [, token] = /^bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined) return refuse(401, 'Requires authentication');
    const jwt = readJwt(token);
    if (jwt === undefined) return refuse(401, 'A JSON web token could not be decoded');
    const { iss, iat, exp } = jwt.claims;
    if (String(iss) !== id) return refuse(404, 'Integration not found');
    if (!isSignedBy(jwt, key.publicKey)) return refuse(401, 'A JSON web token could not be decoded');
    const now = clock.now() / 1_000;
    if (typeof exp !== 'number' || exp <= now) {
      return refuse(
        401,
        "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
      );
    }
    if (exp > now + 600) return refuse(401, "'Expiration time' claim ('exp') is too far in the future");
    if (typeof iat !== 'number' || iat > now + 60) {
      return refuse(
        401,
        "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
      );
    }
    return undefined;
  }

  function mint(request: ApiRequest, number: number): ApiAnswer {
    const owner = owners.find((login) => installation(login).id === number);
    if (owner === undefined) return refuse(404, 'Not Found');
    if (suspended) return refuse(403, 'This installation has been suspended');
    const all = installedOn.filter((repository) => ownerOf(repository) === owner);
    const asked = JSON.parse(request.body.toString() || '{}') as {
      repositories?: string[];
      permissions?: Permissions;
    };
    const repositories = asked.repositories?.map((name) => `${owner}/${name}`) ?? all;
    if (repositories.some((repository) => !all.includes(repository))) {
      return refuse(
        422,
        'There is at least one repository that does not exist or is not accessible to the parent installation.',
      );
    }
    const wanted = asked.permissions ?? permissions;
    if (!Object.entries(wanted).every(([name, access]) => covers(permissions[name], access))) {
      return refuse(422, 'The permissions requested are not granted to this installation.');
    }
    const token = `ghs_${randomBytes(27).toString('base64url').replaceAll(/[-_]/g, 'x')}`;
    const expiresAt = clock.now() + tokenMs;
    issued.set(token, { repositories: new Set(repositories), permissions: wanted, expiresAt });
    return json(201, {
      token,
      expires_at: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z'),
      permissions: { metadata: 'read', ...wanted },
      repository_selection: 'selected',
      repositories: repositories.map((full, index) => ({ id: 900 + index, full_name: full, name: full.split('/')[1] })),
    });
  }

  function revoke(request: ApiRequest): ApiAnswer {
    const [, token = ''] = /^(?:token|bearer) (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (live(token) === undefined) return refuse(401, 'Bad credentials');
    issued.delete(token);
    return { status: 204 };
  }

  function live(token: string): Issued | undefined {
    const grant = issued.get(token);
    return grant !== undefined && grant.expiresAt > clock.now() ? grant : undefined;
  }

  return {
    id,
    slug,
    privateKey: key.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    answer,
    accepts: (token, repository, access) => {
      const grant = live(token);
      if (grant === undefined) return false;
      return grant.repositories.has(repository.replace(/\.git$/, '')) && covers(grant.permissions.contents, access);
    },
    liveTokens: () => [...issued.keys()].filter((token) => live(token) !== undefined),
  };
}

function covers(granted: 'read' | 'write' | undefined, wanted: 'read' | 'write'): boolean {
  return granted === 'write' || granted === wanted;
}

function ownerOf(repository: string): string {
  return repository.split('/')[0] ?? '';
}

function refuse(status: number, message: string): ApiAnswer {
  const headers = { 'x-github-request-id': randomUUID() };
  return json(status, { message, documentation_url: docs, status: String(status) }, headers);
}
