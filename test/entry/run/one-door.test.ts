import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAuth } from '../../../src/auth/auth.ts';
import { createServers } from '../../../src/entry/run/argocd-servers.ts';
import { createWorld } from '../../../src/entry/run/world.ts';
import { bundleOf } from '../../../src/image/sign/bundle.ts';
import type { ArgoCdPlan } from '../../../src/plan/deploy.ts';
import type { RegistryPlan } from '../../../src/plan.ts';
import { sendWebhook } from '../../../src/wire/argocd/webhook.ts';
import { openRemote } from '../../../src/wire/git/remote.ts';
import { commitOnBranch } from '../../../src/wire/github/commit-on-branch.ts';
import { createDeployment } from '../../../src/wire/github/deployments.ts';
import { createOciClient } from '../../../src/wire/oci/client.ts';
import { Secret } from '../../../src/wire/secret.ts';
import type { Env, World } from '../../../src/wire/world.ts';
import { type OwnCa, ownCa } from '../../support/servers.ts';
import { idToken } from '../../support/sigstore.ts';

/** Whoever Tagboat asks something, each by a name that only a proxy can find. */
const hosts = {
  registry: 'registry.door.test',
  tokens: 'tokens.door.test',
  oidc: 'oidc.door.test',
  sts: 'sts.eu-west-1.amazonaws.com',
  ecr: 'api.ecr.eu-west-1.amazonaws.com',
  sso: 'portal.sso.eu-west-1.amazonaws.com',
  ssoTokens: 'oidc.eu-west-1.amazonaws.com',
  container: 'keys.door.test',
  google: 'sts.googleapis.com',
  googleAccounts: 'iamcredentials.googleapis.com',
  entra: 'login.microsoftonline.com',
  acr: 'acme.azurecr.io',
  github: 'api.github.com',
  git: 'git.door.test',
  argocd: 'argocd.door.test',
  kubernetes: 'kubernetes.door.test',
  fulcio: 'fulcio.door.test',
  rekor: 'rekor.door.test',
} as const;

const token = new Secret(idToken('repo:acme/app'), 'token');
const appKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs1' });
let ca: OwnCa;
let other: OwnCa;
let home: string;
let proxyUrl: string;
const asked = new Set<string>();
const tunnels = new Set<string>();
const closers: (() => void)[] = [];

/** Enough of an answer to get from one peer to the next. */
const answer: RequestListener = async (request, response) => {
  const host = request.headers.host ?? '';
  asked.add(host);
  await text(request);
  if (host === hosts.registry) {
    response.writeHead(401, { 'www-authenticate': `Bearer realm="https://${hosts.tokens}/token",service="s"` });
    return response.end();
  }
  if (host === hosts.oidc) return response.end(JSON.stringify({ value: token.reveal() }));
  if (host === hosts.google || host === hosts.entra) {
    return response.end(JSON.stringify({ access_token: 'token', token_type: 'Bearer', expires_in: 3_599 }));
  }
  if (host === hosts.fulcio) {
    const chain = { certificates: [ca.localhost.cert] };
    return response.end(JSON.stringify({ signedCertificateEmbeddedSct: { chain } }));
  }
  if (host === hosts.ssoTokens) {
    return response.end(JSON.stringify({ accessToken: 'renewed', expiresIn: 3_600, tokenType: 'Bearer' }));
  }
  response.writeHead(400, { 'content-type': 'application/json' });
  response.end('{}');
};

beforeAll(async () => {
  const names = ['localhost', ...Object.values(hosts)];
  ca = ownCa(names);
  other = ownCa();
  home = ca.dir;
  const sockets = new Set<Socket>();
  const kept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  };
  const target = createTlsServer(ca.localhost, answer);
  const proxy = createServer();
  proxy.on('connect', ({ url = '' }, client: Socket) => {
    tunnels.add(url.replace(/:443$/, ''));
    kept(client);
    const up = connect((target.address() as AddressInfo).port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      client.pipe(up).pipe(client);
    });
    kept(up);
  });
  for (const server of [target, proxy]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
  }
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  writeAws();
});

afterAll(() => {
  for (const close of closers) close();
});

/** SSO sessions, one of which has to be renewed, and one of the older kind. */
function writeAws(): void {
  const cache = join(home, '.aws', 'sso', 'cache');
  mkdirSync(cache, { recursive: true });
  const account = ['sso_account_id = 123456789012', 'sso_role_name = deliver', 'region = eu-west-1'];
  const start = ['sso_region = eu-west-1', 'sso_start_url = https://start.door.test/start'];
  const profiles = [
    ['[profile session]', 'sso_session = s', ...account],
    ['[sso-session s]', ...start],
    ['[profile ended]', 'sso_session = e', ...account],
    ['[sso-session e]', ...start],
    ['[profile plain]', ...account, ...start],
  ];
  writeFileSync(join(home, '.aws', 'config'), profiles.map((lines) => lines.join('\n')).join('\n\n'));
  const keep = (key: string, expiresAt: Date, more: object): void => {
    const file = `${createHash('sha1').update(key).digest('hex')}.json`;
    const registration = { clientId: 'id', clientSecret: 'secret', registrationExpiresAt: later.toISOString() };
    const value = { accessToken: 'cached', expiresAt: expiresAt.toISOString(), region: 'eu-west-1', ...more };
    writeFileSync(join(cache, file), JSON.stringify({ ...registration, ...value }));
  };
  const later = new Date(Date.now() + 86_400_000);
  keep('s', later, { refreshToken: 'refresh' });
  keep('e', new Date(Date.now() - 1_000), { refreshToken: 'refresh' });
  keep('https://start.door.test/start', later, {});
}

const plain: RegistryPlan = { host: hosts.registry, prefix: '', login: 'anonymous', insecure: false };
const ecr: RegistryPlan = { ...plain, host: '123456789012.dkr.ecr.eu-west-1.amazonaws.com', login: 'ecr' };
const argocd = { server: `https://${hosts.argocd}`, auth: 'token', insecure: false, namespace: 'argocd' } as ArgoCdPlan;
const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-1' };
const job = { ACTIONS_ID_TOKEN_REQUEST_URL: `https://${hosts.oidc}/token`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request' };
const role = { role: 'arn:aws:iam::123456789012:role/deliver', region: 'eu-west-1', audience: 'sts.amazonaws.com' };

type Asks = (world: World) => Promise<unknown>;
const auth = (world: World, clouds?: unknown) => createAuth(world, () => undefined, clouds as never);
const pool = 'projects/1/locations/global/workloadIdentityPools/builds/providers/github';
const google = { workloadIdentityProvider: pool, serviceAccount: 'a@b.iam.gserviceaccount.com', audience: 'a' };
const azure = { clientId: '6731de76-14a6-49ae-97bc-6eba6914391e', tenantId: 'directory', audience: 'a' };
const onGoogle: RegistryPlan = { ...plain, host: 'europe-docker.pkg.dev', login: 'google' };
const onAzure: RegistryPlan = { ...plain, host: hosts.acr, login: 'acr' };
const applicationsOf = async (world: World, plan: ArgoCdPlan): Promise<unknown> => {
  const servers = createServers(world, () => undefined, auth(world));
  const server = await servers.of(plan);
  return server.argocd.applications([]).finally(() => servers.close());
};

const look = (world: World): Promise<unknown> => {
  const about = { host: hosts.registry, insecure: false, credential: async () => undefined };
  return createOciClient({ ...world, ...about }).headManifest('app', 'v1');
};

/** Each client: whom it asks, what it needs, and how it is made to ask. */
const clients: readonly (readonly [what: string, host: string, env: Env, ask: Asks])[] = [
  ['the registry', hosts.registry, {}, look],
  ["the registry's token server", hosts.tokens, {}, look],
  ["GitHub's OIDC", hosts.oidc, job, (world) => auth(world).identity('sigstore')],
  ['STS', hosts.sts, job, (world) => auth(world, { aws: { ...role, sessionSeconds: 900 } }).registry(ecr)],
  ...(['google', 'googleAccounts'] as const).map(
    (who) => [who, hosts[who], job, (world: World) => auth(world, { google }).registry(onGoogle)] as const,
  ),
  ...(['entra', 'acr'] as const).map(
    (who) => [who, hosts[who], job, (world: World) => auth(world, { azure }).registry(onAzure)] as const,
  ),
  ['ECR', hosts.ecr, keys, (world) => auth(world).registry(ecr)],
  [
    "a container's keys",
    hosts.container,
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: `https://${hosts.container}/keys`, AWS_REGION: 'eu-west-1' },
    (world) => auth(world).registry(ecr),
  ],
  ["AWS's SSO, by a session", hosts.sso, { AWS_PROFILE: 'session' }, (world) => auth(world).registry(ecr)],
  ["AWS's SSO, by a start URL", hosts.sso, { AWS_PROFILE: 'plain' }, (world) => auth(world).registry(ecr)],
  [
    'the GitHub App',
    hosts.github,
    { TAGBOAT_APP_ID: '1', TAGBOAT_APP_PRIVATE_KEY: String(appKey) },
    (world) => auth(world).git('https://github.com/acme/config'),
  ],
  [
    "GitHub's GraphQL",
    hosts.github,
    {},
    (world) =>
      commitOnBranch(
        world.http,
        { url: `https://${hosts.github}/graphql`, authorization: token },
        { repository: 'a/b', branch: 'main', expectedHead: '0'.repeat(40), headline: '', body: '', additions: [] },
        { signal: world.signal, idleMs: 5_000, now: 0 },
      ),
  ],
  [
    "GitHub's deployments",
    hosts.github,
    {},
    (world) => {
      const at = { ...world, api: `https://${hosts.github}`, repository: 'a/b', token };
      return createDeployment(at, { ref: 'main', environment: 'e', description: '' });
    },
  ],
  [
    'git',
    hosts.git,
    {},
    (world) => {
      const url = `https://${hosts.git}/config.git`;
      const deadline = world.clock.now() + 5_000;
      const about = { url, authorization: undefined, idleMs: 5_000, deadline, notice: () => undefined };
      return openRemote(world, about).refs(['refs/heads/main'], 1);
    },
  ],
  ['Argo CD', hosts.argocd, { ARGOCD_AUTH_TOKEN: 'token' }, (world) => applicationsOf(world, argocd)],
  ["Argo CD's Dex", hosts.argocd, job, (world) => applicationsOf(world, { ...argocd, auth: 'oidc' })],
  [
    "Argo CD's webhook",
    hosts.argocd,
    {},
    (world) =>
      sendWebhook(
        world.http,
        { url: `https://${hosts.argocd}`, secret: undefined, signal: world.signal },
        { repo: `https://${hosts.git}/config.git`, branch: 'main', before: '', after: '', files: [] },
      ),
  ],
  [
    'Kubernetes',
    hosts.kubernetes,
    {},
    (world) => applicationsOf(world, { ...argocd, server: undefined } as ArgoCdPlan),
  ],
  ...(['fulcio', 'rekor'] as const).map(
    (who) =>
      [
        who,
        hosts[who],
        {},
        (world: World) => {
          const plan = { fulcio: `https://${hosts.fulcio}`, rekor: `https://${hosts.rekor}` };
          return bundleOf(world, `sha256:${'0'.repeat(64)}`, token, plan);
        },
      ] as const,
  ),
];

/** Makes a client ask, in an environment; answers whether anybody was asked, and by the proxy. */
async function asks(host: string, env: Env, ask: Asks): Promise<{ tunnelled: boolean; trusted: boolean }> {
  asked.clear();
  tunnels.clear();
  const kubeconfig = join(home, 'kubeconfig');
  const cluster = { name: 'c', cluster: { server: `https://${hosts.kubernetes}` } };
  const user = { name: 'u', user: { token: 't' } };
  const context = { name: 'x', context: { cluster: 'c', user: 'u' } };
  writeFileSync(
    kubeconfig,
    JSON.stringify({ clusters: [cluster], users: [user], contexts: [context], 'current-context': 'x' }),
  );
  const whole = { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig, HTTPS_PROXY: proxyUrl, ...env };
  // The SDK's chain reads the environment of the process.
  for (const name of ['HOME', 'AWS_PROFILE']) vi.stubEnv(name, (whole as Env)[name]);
  const stop = new AbortController();
  const world = createWorld({ env: whole, signal: stop.signal, mask: () => undefined, notice: () => undefined });
  try {
    // What passes isn't waited for: an untrusted certificate is no such thing.
    await ask({ ...world, clock: { ...world.clock, sleep: async () => undefined } }).catch(() => undefined);
  } finally {
    stop.abort(new Error('over'));
    world.close();
    vi.unstubAllEnvs();
  }
  return { tunnelled: tunnels.has(host), trusted: asked.has(host) };
}

describe.each(clients)('%s', (_what, host, env, ask) => {
  it('is asked by the proxy, and trusted by what NODE_EXTRA_CA_CERTS names beside another file', async () => {
    const both = { TAGBOAT_CA_FILE: other.caFile, NODE_EXTRA_CA_CERTS: ca.caFile };
    expect(await asks(host, { ...env, ...both }, ask)).toEqual({ tunnelled: true, trusted: true });
  });

  it('is not trusted without', async () => {
    expect((await asks(host, { ...env, TAGBOAT_CA_FILE: other.caFile }, ask)).trusted).toBe(false);
  });
});

// Once: the SDK renews a token no oftener than each half minute.
it("AWS's SSO is asked for a new token by the proxy too", async () => {
  const env = { AWS_PROFILE: 'ended', TAGBOAT_CA_FILE: ca.caFile };
  const renewed = await asks(hosts.ssoTokens, env, (world) => auth(world).registry(ecr));
  expect(renewed).toEqual({ tunnelled: true, trusted: true });
});
