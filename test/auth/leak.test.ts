import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { createAuth } from '../../src/auth/auth.ts';
import { reportOf } from '../../src/errors.ts';
import type { CloudPlans } from '../../src/plan.ts';
import type { ApiFault, ApiRequest } from '../../src/sandbox/api.ts';
import type { Command } from '../../src/wire/exec.ts';
import { testWorld } from '../support/world.ts';
import { authIn, type Cloud, ecrRegistry, failureOf, registryAt, roleArn, startCloud } from './cloud.ts';
import { account, acr, azure, given, google, keyFile, startTokenServices } from './token-services.ts';

const b64 = (text: string) => Buffer.from(text).toString('base64');
const planted = {
  TAGBOAT_TOKEN_GITLAB_COM: 'glpat-planted-1',
  GITHUB_TOKEN: 'ghs_planted_2',
  AWS_SECRET_ACCESS_KEY: 'planted/secret+3',
  AWS_SESSION_TOKEN: 'planted-session-4',
  CI_REGISTRY: 'gitlab.example',
  CI_REGISTRY_USER: 'ci',
  CI_REGISTRY_PASSWORD: 'planted-gitlab-8',
};
const docker = { entry: 'planted-docker-5', helper: 'planted-helper-6', identity: 'planted-identity-7' };

/** A home whose Docker config has a login of every kind. */
async function homeWithDocker(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'tagboat-leak-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await mkdir(join(home, '.docker'));
  const config = {
    auths: {
      'entry.example': { auth: b64(`bob:${docker.entry}`) },
      'identity.example': { identitytoken: docker.identity },
      'broken.example': { auth: b64(docker.entry) },
    },
    credHelpers: { 'helper.example': 'good', 'fails.example': 'bad' },
  };
  await writeFile(join(home, '.docker', 'config.json'), JSON.stringify(config));
  const login = `'{"Username":"bob","Secret":"${docker.helper}"}'`;
  const helpers = { good: `echo ${login}`, bad: `echo ${login}; echo ${docker.helper} >&2; exit 1` };
  for (const [name, script] of Object.entries(helpers)) {
    const file = join(home, `docker-credential-${name}`);
    await writeFile(file, `#!/bin/sh\ncat >/dev/null\n${script}\n`);
    await chmod(file, 0o755);
  }
  return home;
}

/** Answers every request with a refusal that repeats all that came with it, as the worst peer would. */
function echoing(status: number, only: (request: ApiRequest) => boolean): ApiFault {
  return (request) => {
    if (!only(request)) return undefined;
    const said = `${Object.values(request.headers).join(' ')} ${request.query} ${request.body}`;
    const json = JSON.stringify({ message: said, __type: 'Refused', token: said });
    const xml = `<ErrorResponse><Error><Code>Refused</Code><Message>${said.replace(/[<>&]/g, ' ')}</Message></Error></ErrorResponse>`;
    const isQuery = request.headers['content-type']?.includes('form-urlencoded') ?? false;
    const type = isQuery ? 'text/xml' : 'application/json';
    return { status, headers: { 'content-type': type }, body: isQuery ? xml : json };
  };
}

/** Every secret that went to GitHub or AWS. */
function sent(cloud: Cloud): string[] {
  const found: (string | null | undefined)[] = [];
  for (const { headers, body } of cloud.github.requests) {
    found.push(headers.authorization?.replace(/^(bearer|token) /i, ''), body.toString().match(/ghs_\w+/)?.[0]);
  }
  for (const { headers, body } of cloud.aws.requests) {
    found.push(headers['x-amz-security-token'], new URLSearchParams(body.toString()).get('WebIdentityToken'));
  }
  return found.filter((one) => typeof one === 'string');
}

const app = { installedOn: ['acme/config', 'acme/other'] };

/** Runs every way to a credential in one cloud and answers everything that was said on the way. */
async function runAll(cloud: Cloud): Promise<{ said: string; masked: readonly string[]; secrets: string[] }> {
  const HOME = await homeWithDocker();
  const { appEnv, app: installed } = cloud.github;
  const env = { ...cloud.env, ...appEnv, ...planted, HOME, GITHUB_SERVER_URL: 'https://github.com' };
  const ran: Command[] = [];
  const inner = testWorld({ clock: cloud.clock, env: { ...env, PATH: `${HOME}:${process.env.PATH}` } });
  const world = {
    ...inner,
    exec: (command: Command) => {
      ran.push(command);
      return inner.exec(command);
    },
  };
  const plan = { role: roleArn, region: 'ap-northeast-1', sessionSeconds: 3_600, audience: 'sts.amazonaws.com' };
  const said: unknown[] = [];
  const { CI_REGISTRY: _, CI_REGISTRY_USER: __, ...hidden } = planted;
  const secrets: string[] = [...Object.values(hidden), ...Object.values(docker)];
  secrets.push(appEnv.TAGBOAT_APP_PRIVATE_KEY ?? '', cloud.github.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN ?? '');

  for (const aws of [plan, undefined, { ...plan, role: `${roleArn}x` }]) {
    const auth = createAuth(world, world.emit, { aws });
    const hosts = ['entry', 'identity', 'broken', 'helper', 'fails', 'gitlab', 'none'].map((name) => `${name}.example`);
    const logins = [ecrRegistry, registryAt('ghcr.io'), registryAt('ghcr.io', 'ghcr')];
    logins.push(...hosts.flatMap((host) => [registryAt(host), registryAt(host, 'docker')]));
    const repos = ['https://gitlab.com/a/b', 'http://gitlab.com/a/b', 'https://github.com/acme/app-repo'];
    repos.push('https://github.com/acme/config', 'https://github.com/acme/missing');
    for (const login of logins) {
      const got = await auth.registry(login).catch((error: unknown) => error);
      said.push(got);
      if (typeof got === 'object' && got !== null && 'password' in got) {
        const { username, password } = got as { username: string; password: { reveal(): string } };
        secrets.push(password.reveal(), b64(`${username}:${password.reveal()}`));
      }
    }
    for (const repo of repos) {
      const got = await auth.git(repo).catch((error: unknown) => error);
      said.push(got);
      if (typeof got === 'object' && got !== null && 'authorization' in got) {
        secrets.push((got.authorization as { reveal(): string }).reveal().replace('Basic ', ''));
      }
    }
    secrets.push(...installed.liveTokens());
    await auth.end();
  }
  secrets.push(...sent(cloud));
  const errors = said.filter((one) => one instanceof Error);
  const everything = [
    ...said.map((one) => inspect(one, { depth: Number.POSITIVE_INFINITY, showHidden: true })),
    ...said.map((one) => `${one} ${JSON.stringify(one)}`),
    ...errors.map((error) => JSON.stringify([reportOf(error), error.stack, Object.entries(error)])),
    JSON.stringify(world.events),
    ...ran.map(({ program, args, env: extra }) => JSON.stringify([program, args, extra])),
  ];
  expect(errors.length).toBeGreaterThan(5);
  expect(ran.length).toBeGreaterThan(2);
  return { said: everything.join('\n'), masked: inner.masked, secrets };
}

it.each([
  ['when all goes well', undefined, undefined],
  ['when GitHub repeats what it was sent', echoing(400, () => true), undefined],
  ['when the App API repeats it', echoing(422, ({ path }) => path.startsWith('/api')), undefined],
  ['when revoking fails with all of it', echoing(500, ({ method }) => method === 'DELETE'), undefined],
  ['when STS repeats it', undefined, echoing(403, ({ headers }) => headers['x-amz-target'] === undefined)],
  ['when ECR repeats it', undefined, echoing(400, ({ headers }) => headers['x-amz-target'] !== undefined)],
])('%s, no secret is in any event, error or argument, and each was masked', async (_, fault, awsFault) => {
  const cloud = await startCloud({
    github: { app, ...(fault === undefined ? {} : { fault }) },
    ...(awsFault === undefined ? {} : { awsFault }),
  });
  const { said, masked, secrets } = await runAll(cloud);
  const known = new Set(secrets.filter((secret) => secret !== ''));
  expect(known.size).toBeGreaterThan(10);
  expect([...known].filter((secret) => said.includes(secret))).toEqual([]);
  // A key file is never printed as one string with its line ends, so its lines count too.
  const lines = [...known].flatMap((secret) => secret.split('\n')).filter((line) => /^[\w+/=]{40,}$/.test(line));
  expect(lines.filter((line) => said.includes(line))).toEqual([]);
  expect([...known].filter((secret) => !masked.includes(secret))).toEqual([]);
});

it.each([
  ['when all goes well', () => false],
  ["when Google's token service repeats it", ({ path }: ApiRequest) => path.includes('sts.googleapis')],
  ['when its service accounts repeat it', ({ path }: ApiRequest) => path.includes('iamcredentials')],
  ["when its server of a key's tokens repeats it", ({ path }: ApiRequest) => path.includes('oauth2.googleapis')],
  ['when Entra repeats it', ({ path }: ApiRequest) => path.includes('login.microsoftonline')],
  ['when the registry repeats it', ({ path }: ApiRequest) => path.includes('azurecr')],
])('of Google and Azure: %s, no secret is in any event or error, and each was masked', async (_, repeats) => {
  const cloud = await startCloud();
  const said: unknown[] = [];
  const masked: string[] = [];
  const services = await startTokenServices(cloud, { fault: echoing(403, repeats) });
  const home = await mkdtemp(join(tmpdir(), 'tagboat-leak-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await writeFile(join(home, 'key.json'), JSON.stringify(keyFile));
  const made = { ACTIONS_ID_TOKEN_REQUEST_URL: undefined, TAGBOAT_ID_TOKEN: cloud.github.idToken(google.audience) };
  const ways: [Record<string, string | undefined>, Partial<CloudPlans>, string][] = [
    [{}, { google }, 'europe-docker.pkg.dev'],
    [made, { google: { ...google, serviceAccount: account } }, 'europe-docker.pkg.dev'],
    [{ GOOGLE_APPLICATION_CREDENTIALS: join(home, 'key.json') }, {}, 'europe-docker.pkg.dev'],
    [{}, { azure }, acr],
  ];
  for (const [env, plans, host] of ways) {
    const auth = services.authIn(env, plans);
    const got = await auth.registry(registryAt(host)).catch((error: unknown) => error);
    said.push(inspect(got, { depth: Number.POSITIVE_INFINITY, showHidden: true }), `${got} ${JSON.stringify(got)}`);
    if (got instanceof Error) said.push(JSON.stringify([reportOf(got), got.stack]));
    said.push(JSON.stringify([auth.world.events, auth.world.notices]));
    masked.push(...auth.world.masked);
  }
  const bodies = services.requests.map(({ body }) => new URLSearchParams(body.toString()));
  const sentTokens = bodies.flatMap((form) =>
    ['subject_token', 'client_assertion', 'access_token'].flatMap((name) => form.get(name) ?? []),
  );
  const passwords = Object.values(given).filter((one) => masked.includes(one));
  const secrets = [...new Set([...sentTokens, ...passwords, made.TAGBOAT_ID_TOKEN, String(keyFile.private_key)])];
  expect(secrets.length).toBeGreaterThan(5);
  expect(secrets.filter((secret) => said.join('\n').includes(secret))).toEqual([]);
  expect(secrets.filter((secret) => !masked.includes(secret))).toEqual([]);
});

it('the claims shown for a refused role are all of the token that is shown', async () => {
  const cloud = await startCloud({ github: { workflow: { event: 'pull_request' } } });
  const error = await failureOf(authIn(cloud).registry(ecrRegistry));
  const [token = ''] = sent(cloud).filter((one) => one.split('.').length === 3);
  const said = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true });
  expect(said).toContain('repo:acme/app-repo:pull_request');
  for (const part of token.split('.').slice(1)) expect(said).not.toContain(part);
});
