import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isError } from '../../../src/errors.ts';
import { json } from '../../../src/sandbox/api.ts';
import { shipToCloud } from '../../scenarios/token-services.ts';
import { failureOf, mainSub, registryAt, startCloud } from '../cloud.ts';
import { account, given, google, keyFile, startTokenServices } from '../token-services.ts';

const host = 'europe-docker.pkg.dev';
const user = 'oauth2accesstoken';

describe('workload identity federation', () => {
  it.each([
    [host, 'auto' as const],
    ['gcr.io', 'auto' as const],
    ['eu.gcr.io', 'google' as const],
  ])("exchanges the job's token for one that %s takes, by login %s", async (at, login) => {
    const cloud = await startCloud();
    const { authIn, requests } = await startTokenServices(cloud);
    const auth = authIn({}, { google });
    const credential = await auth.registry(registryAt(at, login));
    expect([credential?.username, credential?.password.reveal()]).toEqual([user, given.federated]);
    expect(requests.length).toBe(1);
    expect(cloud.github.requests[0]?.query.get('audience')).toBe(google.audience);
    expect(auth.world.masked).toContain(given.federated);
  });

  it('takes a service account, where one is named, for its token', async () => {
    const { authIn, requests } = await startTokenServices(await startCloud());
    const auth = authIn({}, { google: { ...google, serviceAccount: account } });
    expect((await auth.registry(registryAt(host)))?.password.reveal()).toBe(given.account);
    expect(requests.length).toBe(2);
    expect(auth.world.masked).toContain(given.account);
  });

  it('shares one token until it ends, and gets another then', async () => {
    const cloud = await startCloud();
    const { authIn, requests } = await startTokenServices(cloud);
    const auth = authIn({}, { google });
    await Promise.all([auth.registry(registryAt(host)), auth.registry(registryAt(host))]);
    cloud.clock.advance(3_000_000);
    await auth.registry(registryAt(host));
    expect(requests.length).toBe(1);
    cloud.clock.advance(400_000);
    await auth.registry(registryAt(host));
    expect(requests.length).toBe(2);
  });

  it('takes the token that the CI made for the audience', async () => {
    const cloud = await startCloud();
    const { authIn } = await startTokenServices(cloud);
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: undefined,
      TAGBOAT_ID_TOKEN_GOOGLE: cloud.github.idToken(google.audience),
    };
    expect((await authIn(env, { google }).registry(registryAt(host)))?.password.reveal()).toBe(given.federated);
  });

  it('is tried again after overload, over our own http', async () => {
    const cloud = await startCloud();
    const answers = [json(503, {}), json(429, {}, { 'retry-after': '3' })];
    const { authIn, requests } = await startTokenServices(cloud, { fault: () => answers.shift() });
    expect((await authIn({}, { google }).registry(registryAt(host)))?.username).toBe(user);
    expect(requests.length).toBe(3);
    expect(cloud.clock.slept.some((ms) => ms >= 3_000)).toBe(true);
  });

  it('of a Google that answers with something else is no refusal', async () => {
    const { authIn } = await startTokenServices(await startCloud(), { fault: () => ({ status: 200, body: '<html>' }) });
    const error = await failureOf(authIn({}, { google }).registry(registryAt(host)));
    expect(error).toMatchObject({ code: 'CLOUD_UNREACHABLE', exitCode: 3, data: { cloud: 'Google' } });
  });
});

describe("a refusal of Google's", () => {
  const hintOf = (error: unknown): string => (isError(error) ? error.hint : '');

  it('by the attribute condition shows the claims that a condition can be written about', async () => {
    const { authIn } = await startTokenServices(await startCloud(), { sub: 'repo:acme/other:ref:refs/heads/main' });
    const error = await failureOf(authIn({}, { google }).registry(registryAt(host)));
    expect(error).toMatchObject({
      code: 'GOOGLE_TOKEN_REFUSED',
      exitCode: 3,
      data: {
        code: 'unauthorized_client',
        sub: mainSub,
        aud: google.audience,
        others: { repository: 'acme/app-repo' },
      },
    });
    expect(hintOf(error)).toContain(`assertion.sub == '${mainSub}'`);
    expect(hintOf(error)).toContain("assertion.repository == 'acme/app-repo'");
  });

  it('of the issuer or the audience shows the command that accepts both', async () => {
    const cloud = await startCloud();
    const { authIn } = await startTokenServices(cloud, { issuer: 'https://gitlab.com' });
    const error = await failureOf(authIn({}, { google }).registry(registryAt(host)));
    expect(error).toMatchObject({ code: 'GOOGLE_TOKEN_REFUSED', data: { code: 'invalid_grant' } });
    expect(hintOf(error)).toContain(`--issuer-uri ${cloud.github.issuer} --allowed-audiences ${google.audience}`);
  });

  it('of a provider that is not there names it', async () => {
    const { authIn } = await startTokenServices(await startCloud());
    const other = { ...google, workloadIdentityProvider: google.workloadIdentityProvider.replace('github', 'gone') };
    const error = await failureOf(authIn({}, { google: other }).registry(registryAt(host)));
    expect(error).toMatchObject({ code: 'GOOGLE_TOKEN_REFUSED', data: { code: 'invalid_target' } });
    expect(hintOf(error)).toContain('providers/gone');
  });

  it('of the service account names the principal that it must let in', async () => {
    const { authIn } = await startTokenServices(await startCloud(), { lends: false });
    const plan = { ...google, serviceAccount: account };
    const error = await failureOf(authIn({}, { google: plan }).registry(registryAt(host)));
    expect(error).toMatchObject({ code: 'GOOGLE_TOKEN_REFUSED', data: { code: 'PERMISSION_DENIED', byAccount: true } });
    expect(hintOf(error)).toContain(
      `principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/builds/subject/${mainSub}`,
    );
    expect(inspect(error)).not.toContain(given.federated);
  });

  it('keeps no public image of gcr.io away, and is told', async () => {
    const { authIn } = await startTokenServices(await startCloud(), { sub: 'other' });
    const auth = authIn({}, { google });
    expect(await auth.registry(registryAt('gcr.io'))).toBeUndefined();
    expect(JSON.stringify(auth.world.events)).toContain('gcr.io: no login');
    expect(await failureOf(auth.registry(registryAt('gcr.io', 'google')))).toMatchObject({
      code: 'GOOGLE_TOKEN_REFUSED',
    });
  });
});

describe('application default credentials', () => {
  const file = async (content: unknown): Promise<string> => {
    const dir = await mkdtemp(join(tmpdir(), 'tagboat-adc-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    await writeFile(
      join(dir, 'application_default_credentials.json'),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
    return dir;
  };
  const adc = 'application_default_credentials.json';

  it.each([
    'GOOGLE_APPLICATION_CREDENTIALS',
    'CLOUDSDK_CONFIG',
  ])("a service account's key in the file by %s", async (name) => {
    const { authIn } = await startTokenServices(await startCloud());
    const dir = await file(keyFile);
    const auth = authIn({ [name]: name === 'CLOUDSDK_CONFIG' ? dir : join(dir, adc) }, {});
    const credential = await auth.registry(registryAt(host));
    expect([credential?.username, credential?.password.reveal()]).toEqual([user, given.key]);
    expect(auth.world.masked).toContain(keyFile.private_key);
  });

  // As google-github-actions/auth leaves it for later steps.
  it('an external account, whose token is in a file', async () => {
    const cloud = await startCloud();
    const { authIn } = await startTokenServices(cloud);
    const token = join(await file(cloud.github.idToken(google.audience)), adc);
    const dir = await file({
      type: 'external_account',
      audience: `//iam.googleapis.com/${google.workloadIdentityProvider}`,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: 'https://sts.googleapis.com/v1/token',
      credential_source: { file: token },
    });
    const auth = authIn({ GOOGLE_APPLICATION_CREDENTIALS: join(dir, adc) }, {});
    expect((await auth.registry(registryAt(host)))?.password.reveal()).toBe(given.federated);
  });

  it("the machine's own, where `login: google` is written", async () => {
    const { authIn, requests } = await startTokenServices(await startCloud());
    expect((await authIn({}, {}).registry(registryAt(host, 'google')))?.password.reveal()).toBe(given.machine);
    expect(requests.length).toBe(1);
    expect(await authIn({}, {}).registry(registryAt(host))).toBeUndefined();
    expect(requests.length).toBe(1);
  });

  it.each([
    ['is no JSON', '{"private_key": "planted-key'],
    ['is none of Google', { type: 'nonsense', private_key: 'planted-key' }],
  ])('a file that %s is refused without its content', async (_, content) => {
    const { authIn } = await startTokenServices(await startCloud());
    const auth = authIn({ GOOGLE_APPLICATION_CREDENTIALS: join(await file(content), adc) }, {});
    const error = await failureOf(auth.registry(registryAt(host)));
    expect(error).toMatchObject({ code: 'GOOGLE_CREDENTIALS_UNUSABLE', exitCode: 3 });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('planted-key');
  });
});

it("Google's token goes to hosts of Google alone", async () => {
  const { authIn, requests } = await startTokenServices(await startCloud());
  for (const at of ['registry.example.com', 'europe-docker.pkg.dev.evil.example', 'evil-gcr.io']) {
    const error = await failureOf(authIn({}, { google }).registry(registryAt(at, 'google')));
    expect(error).toMatchObject({ code: 'TOKEN_ELSEWHERE', exitCode: 2 });
    expect(await authIn({}, { google }).registry(registryAt(at))).toBeUndefined();
  }
  expect(requests.length).toBe(0);
});

it('with it both images are pushed, and the config commit lands', async () => {
  const verify = (name: string, password: string) => name === user && password === given.federated;
  const { end, town } = await shipToCloud('google', mainSub, { verify });
  expect(end).toEqual({ sees: 'landed', exitCode: 0 });
  expect(await town.host.git('config', 'show', 'main:main/values.yaml')).toMatch(/imageTag: [0-9a-f]{40} /);
});
