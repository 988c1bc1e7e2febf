import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { doctor } from '../../../src/entry/doctor/doctor.ts';
import { type HarbourOptions, harbour } from '../../support/argocd.ts';
import { git, noHttpBackend, tempDir } from '../../support/git-host.ts';
import { type HereOptions, here } from '../../support/here.ts';

interface Case {
  readonly argocd?: HarbourOptions;
  readonly sync?: boolean;
  readonly application?: string;
  readonly auth?: string;
  readonly isDown?: boolean;
  readonly path?: string;
  readonly env?: HereOptions['env'];
}

async function found({ argocd: options = {}, sync = false, application = 'front', auth = 'token', ...rest }: Case) {
  const { isDown, env, path = 'main' } = rest;
  const { argocd, host, repo } = await harbour({
    tokens: { reader: { get: true }, syncer: { get: true, sync: true } },
    ...options,
  });
  const kustomization = 'resources: [../main/templates/front.yaml, ../main/values.yaml]\n';
  if (path === 'over') await host.commit('config', { files: { 'over/kustomization.yaml': kustomization } });
  if (path !== 'main') argocd.add({ name: 'aside', sources: [{ repoURL: repo, path }] });
  const dir = await tempDir();
  const text = `# yaml-language-server: $schema=x
argocd: { server: "${argocd.url}", auth: ${auth} }
deliveries:
  main: { from: main, repo: "${repo}", set: { main/values.yaml: { .front.imageTag: "{commit}" } }, application: ${application}, sync: ${sync} }
`;
  await writeFile(join(dir, 'tagboat.yaml'), text);
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  await git(dir, 'add', '--all');
  await git(dir, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--message', 'x');
  if (isDown === true) await argocd.close();
  const doctored = doctor({ json: true, quiet: false, color: false, jobs: 1 }, {});
  const { exitCode, events } = await here(doctored, { cwd: dir, env: { ARGOCD_AUTH_TOKEN: 'reader', ...env } });
  return [exitCode, events.flatMap((event) => (event.type === 'finding' ? [`${event.code} ${event.severity}`] : []))];
}

describe.skipIf(noHttpBackend !== undefined)('tagboat doctor that asks Argo CD', () => {
  it.each<[string, number, string[], Case]>([
    ['what is right', 0, [], {}],
    ['an account that may sync where it has to', 0, [], { sync: true, env: { ARGOCD_AUTH_TOKEN: 'syncer' } }],
    ['an account that may not sync', 2, ['ARGOCD_FORBIDDEN error'], { sync: true }],
    ['a token that means nothing', 2, ['ARGOCD_AUTH_REFUSED error'], { env: { ARGOCD_AUTH_TOKEN: 'x' } }],
    [
      'a token that is missing on a laptop',
      0,
      ['ARGOCD_TOKEN_MISSING note'],
      { env: { ARGOCD_AUTH_TOKEN: undefined } },
    ],
    [
      'a token that is missing in a job',
      2,
      ['ARGOCD_TOKEN_MISSING error'],
      { env: { ARGOCD_AUTH_TOKEN: undefined, CI: 'true' } },
    ],
    ['an application that is not there yet', 0, ['APPLICATION_NOT_FOUND warning'], { application: 'other' }],
    [
      'an application of another folder',
      0,
      ['APPLICATION_FOLDER_OTHER warning'],
      { application: 'aside', path: 'other' },
    ],
    ['nothing of one whose kustomization takes the file in', 0, [], { application: 'aside', path: 'over' }],
    ['an Argo CD that a laptop cannot reach', 0, ['ARGOCD_UNREACHABLE warning'], { isDown: true }],
    ['an Argo CD that a job cannot reach', 2, ['ARGOCD_UNREACHABLE error'], { isDown: true, env: { CI: 'true' } }],
    ['an old one', 0, ['SERVER_VERSION_OLD warning'], { argocd: { version: 'v2.9.3+abc' } }],
    [
      'one that is old for its way in',
      0,
      ['SERVER_VERSION_OLD warning', 'OIDC_UNAVAILABLE note'],
      { argocd: { version: 'v2.14.0' }, auth: 'oidc' },
    ],
    ['one that calls itself something else', 0, [], { argocd: { version: 'latest' } }],
  ])('tells %s: exit code %i, %j', async (_, exitCode, expected, about) => {
    expect(await found(about)).toEqual([exitCode, expected]);
  });
});
