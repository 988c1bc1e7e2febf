import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { doctor } from '../../../src/entry/doctor/doctor.ts';
import { tempDir } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';

const article = resolve(import.meta.dirname, '../../auth/iam/fixtures/article.txt');
const common = { json: true, quiet: false, color: false, jobs: 1 };
const run = (options: Parameters<typeof doctor>[1], cwd = '/') =>
  here(doctor(common, options), { command: 'doctor', cwd });

describe('tagboat doctor --trust-policy', () => {
  it("tells all that is wrong with the article's policy and ends with exit code 2", async () => {
    const { exitCode, errors, events } = await run({ trustPolicy: article });
    expect([exitCode, errors.map(({ code }) => code)]).toEqual([2, ['SETUP_UNFIT']]);
    const codes = events.flatMap((event) => (event.type === 'finding' ? [event.code] : []));
    expect([...new Set(codes)].sort()).toEqual(['TRUST_KEY_TWICE', 'TRUST_NOT_JSON', 'TRUST_OPEN', 'TRUST_PRINCIPAL']);
  });

  it.each([
    [{ repo: 'acme/shop', ref: 'main' }, 0],
    [{ repo: 'acme/shop', ref: 'refs/heads/other' }, 2],
    [{ repo: 'acme/shop', environment: 'production' }, 2],
    [{ repo: 'acme/shop', ref: 'main', role: 'arn:aws:iam::210987654321:role/deliver' }, 2],
  ])('judges the run of %o: exit code %i', async (options, code) => {
    const dir = await tempDir();
    const statement = {
      Effect: 'Allow',
      Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { 'token.actions.githubusercontent.com:sub': 'repo:acme/shop:ref:refs/heads/main' } },
    };
    await writeFile(join(dir, 'trust.json'), JSON.stringify({ Version: '2012-10-17', Statement: [statement] }));
    expect((await run({ trustPolicy: 'trust.json', ...options }, dir)).exitCode).toBe(code);
    // The same by its claims, as a map and inside a token.
    if (code !== 0) return;
    const claims = {
      sub: 'repo:acme/shop:ref:refs/heads/main',
      aud: 'sts.amazonaws.com',
      iss: 'https://token.actions.githubusercontent.com',
    };
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    await writeFile(join(dir, 'claims.json'), JSON.stringify(claims));
    await writeFile(join(dir, 'token'), `e30.${body}.c2ln\n`);
    for (const file of ['claims.json', 'token']) {
      expect((await run({ trustPolicy: 'trust.json', claims: file }, dir)).exitCode).toBe(0);
    }
  });

  it.each([
    [{ trustPolicy: '/nowhere' }, 'CONFIG_UNREADABLE'],
    [{ trustPolicy: article, claims: article }, 'USAGE'],
    [{ trustPolicy: article, ref: 'main' }, 'USAGE'],
    [{ trustPolicy: article, repo: 'acme' }, 'USAGE'],
    [{ trustPolicy: article, repo: 'acme/shop', claims: article }, 'USAGE'],
    [{ trustPolicy: article, role: 'deliver' }, 'USAGE'],
  ])('refuses %o', async (options, code) => {
    const { errors } = await run(options);
    expect(errors.map((error) => error.code)).toEqual([code]);
  });
});
