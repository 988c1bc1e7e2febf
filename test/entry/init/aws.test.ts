import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readEcrHost } from '../../../src/auth/aws/ecr-host.ts';
import { type ClaimSet, claimsOfJob, gitHubProvider } from '../../../src/auth/iam/claims.ts';
import { reviewTrust } from '../../../src/auth/iam/trust.ts';
import { doctor } from '../../../src/entry/doctor/doctor.ts';
import { isTrusted, type TrustPolicy } from '../../../src/sandbox/aws/trust.ts';
import { git } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';
import { appRepo, common, runInit } from './scene.ts';

const account = '123456789012';
const aud = 'sts.amazonaws.com';

/** The provider's URL, its audience and the trust policy, as each form has them. */
const forms = {
  cloudformation: (text: string) => {
    const { Provider, Role } = parse(text).Resources;
    const { Url, ClientIdList } = Provider.Properties;
    return { url: Url, audiences: ClientIdList, trust: Role.Properties.AssumeRolePolicyDocument };
  },
  terraform: (text: string) => {
    const [, url, ids = ''] = /url\s+= "([^"]+)"\n\s+client_id_list = (\[.*\])/.exec(text) ?? [];
    const [, policy = ''] = /assume_role_policy = <<-JSON\n([\s\S]+?)\n\s+JSON/.exec(text) ?? [];
    return { url, audiences: JSON.parse(ids), trust: JSON.parse(policy) };
  },
  cli: (text: string) => {
    const [, url, one] = /create-open-id-connect-provider --url (\S+) --client-id-list (\S+)/.exec(text) ?? [];
    const [, policy = ''] = /--assume-role-policy-document '(.+)'/.exec(text) ?? [];
    return { url, audiences: [one], trust: JSON.parse(policy) };
  },
} as const;
const files = {
  cloudformation: 'aws/tagboat.cloudformation.yaml',
  terraform: 'aws/tagboat.tf',
  cli: 'aws/tagboat.sh',
};

const ofGitLab = (provider: string, project: string, ref = 'main', type = 'branch', audience = aud) => ({
  ...{ iss: `https://${provider}`, aud: audience, sub: `project_path:${project}:ref_type:${type}:ref:${ref}` },
});
const ofGitHub = (repo: string, ref = 'main', environment?: string, audience = aud) =>
  claimsOfJob({ repo, ref, environment, audience });

const places = [
  {
    ...{ origin: 'git@gitlab.com:acme/team/shop.git', provider: 'gitlab.com' },
    in: [ofGitLab('gitlab.com', 'acme/team/shop')],
    out: [
      ofGitLab('gitlab.com', 'acme/team/shop', 'dev'),
      ofGitLab('gitlab.com', 'acme/team/shop', 'main', 'tag'),
      ofGitLab('gitlab.com', 'acme/shop'),
      ofGitLab('gitlab.com', 'acme/team/shop2'),
      ofGitLab('gitlab.com', 'acme/team/shop', 'main', 'branch', 'https://gitlab.com'),
    ],
  },
  {
    ...{ origin: 'https://code.acme.dev/acme/shop.git', ci: 'gitlab', provider: 'code.acme.dev' },
    in: [ofGitLab('code.acme.dev', 'acme/shop')],
    out: [ofGitLab('code.acme.dev', 'acme/shop', 'dev'), ofGitLab('code.acme.dev', 'other/shop')],
  },
  {
    ...{ origin: 'ssh://git@altssh.gitlab.com:443/acme/shop.git', provider: 'gitlab.com' },
    in: [ofGitLab('gitlab.com', 'acme/shop')],
    out: [ofGitLab('gitlab.com', 'acme/shop', 'dev')],
  },
  {
    ...{ origin: 'https://code.acme.dev/git/lab/acme/shop.git', gitlab: 'https://code.acme.dev/git/lab/' },
    ...{ provider: 'code.acme.dev/git/lab', region: 'cn-north-1', partition: 'aws-cn' },
    in: [ofGitLab('code.acme.dev/git/lab', 'acme/shop')],
    out: [ofGitLab('code.acme.dev/git/lab', 'git/lab/acme/shop'), ofGitLab('code.acme.dev', 'acme/shop', 'dev')],
  },
  {
    ...{ origin: 'git@ssh.acme.dev:acme/shop.git', gitlab: 'https://code.acme.dev', provider: 'code.acme.dev' },
    in: [ofGitLab('code.acme.dev', 'acme/shop')],
    out: [ofGitLab('code.acme.dev', 'acme/shop', 'dev')],
  },
  {
    ...{ origin: 'git@github.com:acme/shop.git', provider: gitHubProvider },
    ...{ region: 'us-gov-west-1', partition: 'aws-us-gov' },
    in: [ofGitHub('acme/shop')],
    out: [ofGitHub('acme/shop', 'dev')],
  },
  {
    ...{ origin: 'git@gitlab.com:acme/shop.git', from: 'release/*', provider: 'gitlab.com' },
    in: [ofGitLab('gitlab.com', 'acme/shop', 'release/1')],
    out: [ofGitLab('gitlab.com', 'acme/shop', 'main'), ofGitLab('gitlab.com', 'acme/shop', 'release/1', 'tag')],
  },
  {
    ...{ origin: 'git@github.com:acme/shop.git', provider: gitHubProvider },
    in: [ofGitHub('acme/shop'), ofGitHub('acme@1/shop@2')],
    out: [ofGitHub('acme/shop', 'dev'), ofGitHub('acme/shop', 'main', 'production'), ofGitHub('acme/other')],
  },
  {
    ...{ origin: 'https://acme.ghe.com/acme/shop', provider: 'token.actions.acme.ghe.com' },
    in: [ofGitHub('acme/shop')],
    out: [ofGitHub('acme/shop', 'dev'), ofGitHub('acme/shop', 'main', undefined, 'https://github.com/acme')],
  },
  {
    ...{ origin: 'git@github.acme.dev:acme/shop.git', provider: 'github.acme.dev/_services/token' },
    in: [ofGitHub('acme/shop')],
    out: [ofGitHub('acme/shop', 'dev')],
  },
] as const;

/** What the role answers, by the simulator of `doctor --trust-policy` and by the sandbox's STS: the two must agree. */
function isLetIn(trust: TrustPolicy, provider: string, claims: ClaimSet, partition: string): boolean {
  const request = { provider, account, claims, now: 0 };
  const { verdict, findings } = reviewTrust(JSON.stringify(trust), { file: 'trust.json', account, request });
  const known = { provider: `arn:${partition}:iam::${account}:oidc-provider/${provider}`, host: provider, claims };
  expect(verdict).toBe(isTrusted(trust, known) ? 'allowed' : 'refused');
  if (verdict === 'allowed') expect(findings).toEqual([]);
  return verdict === 'allowed';
}

describe('what init writes for AWS', () => {
  it.each(places)('lets jobs of $origin in and nobody else, in every form', async (place) => {
    const { origin, provider } = place;
    const dir = await appRepo({ Dockerfile: 'FROM scratch\nCOPY x /\n', x: 'x' }, origin);
    const region = 'region' in place ? place.region : 'eu-west-1';
    const partition = 'partition' in place ? place.partition : 'aws';
    const gitlab = 'gitlab' in place ? place.gitlab : undefined;
    const options = { account, region, gitlab, from: 'from' in place ? place.from : 'main' };
    for (const as of ['cloudformation', 'terraform', 'cli'] as const) {
      const ci = 'ci' in place ? ('gitlab' as const) : undefined;
      const done = await runInit(dir, { ...options, with: ['aws'], as, ci, force: true });
      expect(done.errors).toEqual([]);
      const { url, audiences, trust } = forms[as](await readFile(join(dir, files[as]), 'utf8'));
      expect([url, audiences]).toEqual([`https://${provider}`, [aud]]);
      const letIn = (claims: ClaimSet) => isLetIn(trust, provider, claims, partition);
      expect(place.in.map(letIn)).toEqual(place.in.map(() => true));
      expect(place.out.map(letIn)).toEqual(place.out.map(() => false));
      // The same claims by another issuer's token.
      expect(
        reviewTrust(JSON.stringify(trust), {
          ...{ file: 'trust.json', account },
          request: { provider: 'gitlab.example.com', account, claims: place.in[0], now: 0 },
        }).verdict,
      ).toBe('refused');
    }
    const config = await readFile(join(dir, 'tagboat.yaml'), 'utf8');
    expect(readEcrHost(parse(config).registry)).toMatchObject({ account, region });
    expect(parse(config).aws).toEqual({ role: `arn:${partition}:iam::${account}:role/tagboat`, region });
    // All that was written is right in the doctor's eyes.
    expect(await looked(dir)).toEqual({ findings: [], errors: [], exitCode: 0 });
  });

  it('gives the job of GitLab a token for AWS, and runs it on the branches that the role trusts', async () => {
    const job = async (from: string) => {
      const dir = await appRepo({ Dockerfile: 'FROM scratch\nCOPY x /\n', x: 'x' }, 'https://gitlab.com/acme/shop');
      await runInit(dir, { account, region: 'eu-west-1', from, with: ['aws'] });
      return parse(await readFile(join(dir, '.gitlab-ci.yml'), 'utf8')).ship;
    };
    expect((await job('main')).id_tokens).toEqual({ TAGBOAT_ID_TOKEN: { aud } });
    expect((await job('main')).rules).toEqual([{ if: '$CI_COMMIT_BRANCH == "main"' }]);
    expect((await job('release/*')).rules).toEqual([{ if: '$CI_COMMIT_BRANCH =~ /^release\\/[^\\/]*$/' }]);
  });
});

describe('a host whose pages have a port', () => {
  const origin = 'https://code.acme.dev:8443/acme/shop.git';
  it('has no provider in IAM, which is said', async () => {
    const dir = await appRepo({ Dockerfile: 'FROM scratch\nCOPY x /\n', x: 'x' }, origin);
    const done = await runInit(dir, { account, region: 'eu-west-1', with: ['aws'], ci: 'gitlab' });
    expect(done.errors.map(({ code }) => code)).toEqual(['USAGE']);
  });
});

async function looked(dir: string) {
  await git(dir, 'add', '--all');
  await git(dir, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', 'commit', '--quiet', '--message', 'Begin');
  const { events, errors, exitCode } = await here(doctor(common, { offline: true }), { command: 'doctor', cwd: dir });
  return { findings: events.filter((event) => event.type === 'finding'), errors, exitCode };
}
