import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isError } from '../../../src/errors.ts';
import { json } from '../../../src/sandbox/api.ts';
import { failureOf, mainSub, registryAt, startCloud } from '../cloud.ts';
import { acr, azure, given, startTokenServices } from '../token-services.ts';

it.each(['auto', 'acr'] as const)("the job's token becomes a token of the registry, by login %s", async (login) => {
  const cloud = await startCloud();
  const { authIn, requests } = await startTokenServices(cloud);
  const auth = authIn({}, { azure });
  const credential = await auth.registry(registryAt(acr, login));
  expect(credential?.username).toBe('00000000-0000-0000-0000-000000000000');
  expect(credential?.password.reveal()).toBe(given.acr);
  expect(requests.length).toBe(2);
  expect(cloud.github.requests[0]?.query.get('audience')).toBe('api://AzureADTokenExchange');
  for (const token of [given.entra, given.acr]) expect(auth.world.masked).toContain(token);
});

it("the token may be in the file of Azure's workload identity", async () => {
  const cloud = await startCloud();
  const { authIn } = await startTokenServices(cloud);
  const dir = await mkdtemp(join(tmpdir(), 'tagboat-azure-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await writeFile(join(dir, 'token'), cloud.github.idToken(azure.audience));
  const env = { ACTIONS_ID_TOKEN_REQUEST_URL: undefined, AZURE_FEDERATED_TOKEN_FILE: join(dir, 'token') };
  expect((await authIn(env, { azure }).registry(registryAt(acr)))?.password.reveal()).toBe(given.acr);
});

it('overload is waited for, over our own http', async () => {
  const cloud = await startCloud();
  const answers = [json(503, {}), json(429, {}, { 'retry-after': '3' })];
  const { authIn, requests } = await startTokenServices(cloud, { fault: () => answers.shift() });
  expect(await authIn({}, { azure }).registry(registryAt(acr))).toBeDefined();
  expect(requests.length).toBe(4);
  expect(cloud.clock.slept.some((ms) => ms >= 3_000)).toBe(true);
});

describe("a refusal of Azure's", () => {
  it.each([
    ['the subject', { sub: 'repo:acme/other:ref:refs/heads/main' }, 'AADSTS700213'],
    ['the issuer', { issuer: 'https://gitlab.com' }, 'AADSTS700211'],
  ])('for %s shows the claims and the federated credential that has them', async (_, accepting, code) => {
    const cloud = await startCloud();
    const { authIn } = await startTokenServices(cloud, accepting);
    const error = await failureOf(authIn({}, { azure }).registry(registryAt(acr)));
    const { issuer } = cloud.github;
    expect(error).toMatchObject({
      code: 'AZURE_TOKEN_REFUSED',
      exitCode: 3,
      data: { code, sub: mainSub, issuer, aud: azure.audience },
      peer: { code, retryable: false },
    });
    const shown = JSON.stringify({ name: 'tagboat', issuer, subject: mainSub, audiences: [azure.audience] });
    expect(isError(error) && error.hint).toContain(`--id ${azure.clientId} --parameters '${shown}'`);
  });

  it('of an application that is not there names it and its directory', async () => {
    const { authIn } = await startTokenServices(await startCloud());
    const plan = { ...azure, clientId: '00000000-14a6-49ae-97bc-6eba6914391e' };
    const error = await failureOf(authIn({}, { azure: plan }).registry(registryAt(acr)));
    expect(error).toMatchObject({ code: 'AZURE_TOKEN_REFUSED', data: { code: 'AADSTS700016' } });
    expect(isError(error) && error.hint).toContain(plan.clientId);
    expect(isError(error) && error.hint).not.toContain('federated-credential');
  });

  it("of the registry's is one of its own", async () => {
    const refused = json(401, { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] });
    const { authIn } = await startTokenServices(await startCloud(), {
      fault: ({ path }) => (path.endsWith('/exchange') ? refused : undefined),
    });
    const error = await failureOf(authIn({}, { azure }).registry(registryAt(acr)));
    expect(error).toMatchObject({ code: 'ACR_LOGIN_REFUSED', exitCode: 3, data: { host: acr, code: 'UNAUTHORIZED' } });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(given.entra);
  });

  it('that is none, but a page of somebody else, is told as that', async () => {
    const { authIn } = await startTokenServices(await startCloud(), { fault: () => ({ status: 403, body: '<html>' }) });
    const error = await failureOf(authIn({}, { azure }).registry(registryAt(acr)));
    expect(error).toMatchObject({ code: 'CLOUD_UNREACHABLE', data: { cloud: 'Azure' } });
  });
});

it("a registry's token of Azure goes to hosts of Azure alone, and none is made for others", async () => {
  const { authIn, requests } = await startTokenServices(await startCloud());
  for (const at of ['registry.example.com', 'acme.azurecr.io.evil.example', 'acme.azurecr.evil']) {
    const error = await failureOf(authIn({}, { azure }).registry(registryAt(at, 'acr')));
    expect(error).toMatchObject({ code: 'TOKEN_ELSEWHERE', exitCode: 2 });
    expect(await authIn({}, { azure }).registry(registryAt(at))).toBeUndefined();
  }
  expect(requests.length).toBe(0);
});
