import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { kubernetesLogin } from '../../../src/auth/argocd/cluster.ts';
import { createArgoCdLogin } from '../../../src/auth/argocd/login.ts';
import { createKeeper } from '../../../src/auth/keeper.ts';
import { usualArgoCd } from '../../../src/config/check/argocd.ts';
import { createArgoCd } from '../../../src/wire/argocd/client.ts';
import { harbour } from '../../support/argocd.ts';
import { noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { startGitHub } from '../../support/github/github.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';

const sub = 'repo:acme/app-repo:ref:refs/heads/main';

describe.skipIf(noHttpBackend !== undefined)(`GitHub’s token for Argo CD’s${skipNote}`, () => {
  async function place(options: { readonly id?: string; readonly subject?: string } = {}) {
    const github = await startGitHub();
    onTestFinished(() => github.close());
    const subjects = { [options.subject ?? sub]: { get: true } };
    const { argocd } = await harbour({
      connector: { id: options.id ?? 'github-actions', issuer: github.issuer, subjects },
    });
    const world = testWorld({ clock: jumpingClock(Date.now()), env: { ...github.env } });
    const plan = { ...usualArgoCd, server: argocd.url, auth: 'oidc' as const };
    const login = createArgoCdLogin(world, createKeeper(world.mask), plan);
    const { http } = world;
    return {
      argocd,
      world,
      login,
      client: createArgoCd({ ...world, http, url: argocd.url, token: login.token }),
    };
  }

  it('is exchanged at Dex once, masked, and opens the API', async () => {
    const { argocd, client, world } = await place();
    expect(await client.application({ name: 'front' })).toMatchObject({ name: 'front' });
    await client.application({ name: 'front' });
    expect(argocd.requests.filter(({ path }) => path === '/api/dex/token')).toHaveLength(1);
    expect(world.masked.length).toBeGreaterThan(2);
  });

  it('is exchanged again when Argo CD doesn’t take the last one', async () => {
    const { login } = await place();
    const first = (await login.token(false)).reveal();
    expect((await login.token(false)).reveal()).toBe(first);
    expect((await login.token(true)).reveal()).not.toBe(first);
  });

  it('that Dex doesn’t take is told with the claims and the connector', async () => {
    const { login } = await place({ id: 'other' });
    await expect(login.token(false)).rejects.toMatchObject({
      code: 'ARGOCD_EXCHANGE_REFUSED',
      exitCode: 3,
      data: { sub, connector: 'github-actions' },
    });
  });

  it.each([
    'token',
    'oidc',
  ] as const)('is not sent by plain http over a network, nor is any other (%s)', async (auth) => {
    const env = {
      ARGOCD_AUTH_TOKEN: 'argo-1',
      ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:1/',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
    };
    const world = testWorld({ env });
    for (const server of ['http://argocd.example', 'http://127.0.0.1.evil.example:8080']) {
      const login = createArgoCdLogin(world, createKeeper(world.mask), { ...usualArgoCd, server, auth });
      await expect(login.token(false)).rejects.toMatchObject({
        code: 'TOKEN_ELSEWHERE',
        exitCode: 2,
        data: { why: 'http' },
      });
    }
  });

  it('of a job without rights opens nothing', async () => {
    const { client } = await place({ subject: 'repo:acme/other:ref:refs/heads/main' });
    await expect(client.application({ name: 'front' })).rejects.toMatchObject({ kind: 'status', status: 403 });
  });
});

describe('the way in by kubeconfig', () => {
  async function login(user: string, files: Readonly<Record<string, string>> = {}) {
    const dir = await tempDir();
    const path = join(dir, 'config');
    await writeFile(
      path,
      `current-context: c\ncontexts: [{ name: c, context: { cluster: c, user: u } }]\nclusters: [{ name: c, cluster: { server: "https://k8s.test", certificate-authority: ca.pem } }]\nusers: [{ name: u, user: ${user} }]\n`,
    );
    for (const [name, text] of Object.entries({ 'ca.pem': 'CA', ...files })) {
      await writeFile(join(dir, name), text);
      if (text.startsWith('#!')) await chmod(join(dir, name), 0o755);
    }
    const world = testWorld({ env: { PATH: `${dir}:${process.env.PATH}`, KUBECONFIG: path } });
    return { world, found: kubernetesLogin(world, createKeeper(world.mask), undefined) };
  }

  it('reads the files it names from its own folder, and masks what is secret', async () => {
    const { world, found } = await login('{ client-certificate: c.pem, client-key: k.pem }', {
      'c.pem': 'CERT',
      'k.pem': 'SECRET-KEY',
    });
    const { ca, client, server } = await found;
    expect({ ca, server, cert: client?.cert, key: client?.key.reveal() }).toEqual({
      ca: 'CA',
      server: 'https://k8s.test',
      cert: 'CERT',
      key: 'SECRET-KEY',
    });
    expect(world.masked).toContain('SECRET-KEY');
  });

  it('asks a plugin, and asks it again when the token is refused', async () => {
    const plugin = '#!/bin/sh\necho "{\\"status\\": {\\"token\\": \\"token-$$\\"}}"\n';
    const { found } = await login('{ exec: { command: get-a-token, args: [] } }', { 'get-a-token': plugin });
    const { token } = await found;
    const first = (await token(false))?.reveal();
    expect(first).toMatch(/^token-\d+$/);
    expect((await token(false))?.reveal()).toBe(first);
    expect((await token(true))?.reveal()).not.toBe(first);
  });

  it.each([
    ['a user with nothing', '{}'],
    ['a plugin that isn’t installed', '{ exec: { command: no-such-plugin } }'],
    ['a plugin that fails', '{ exec: { command: "false" } }'],
    ['a plugin that talks', '{ exec: { command: echo, args: [hello] } }'],
    ['a key that isn’t there', '{ client-certificate: ca.pem, client-key: none.pem }'],
  ])('is refused with its reason: %s', async (_, user) => {
    await expect((await login(user)).found).rejects.toMatchObject({ code: 'KUBECONFIG_UNUSABLE', exitCode: 3 });
  });
});

describe('ARGOCD_AUTH_TOKEN', () => {
  const ask = async (server: string, named: string | undefined) => {
    const world = testWorld({ env: { ARGOCD_AUTH_TOKEN: 'argo-1', ARGOCD_SERVER: named } });
    const plan = { ...usualArgoCd, server, auth: 'token' as const };
    return (await createArgoCdLogin(world, createKeeper(world.mask), plan).token(false)).reveal();
  };

  it.each([
    ['https://argocd.example', undefined],
    ['https://argocd.example', 'argocd.example'],
    ['https://argocd.example/argo', 'https://ArgoCD.example:443/argo'],
    ['https://argocd.example:8443', 'other.example, argocd.example:8443'],
    ['http://127.0.0.1:8080', '127.0.0.1:8080'],
  ])('goes to %s when ARGOCD_SERVER is %s', async (server, named) => expect(await ask(server, named)).toBe('argo-1'));

  it.each([
    'https://evil.example',
    'https://argocd.example.evil.example',
    'https://argocd.example:8443',
  ])('does not go to %s when ARGOCD_SERVER says another', async (server) => {
    await expect(ask(server, 'argocd.example')).rejects.toMatchObject({
      code: 'TOKEN_ELSEWHERE',
      data: { why: 'host' },
    });
  });
});
