import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RepositoryFacts } from '../../../src/auth/aws/account.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { planRun } from '../../../src/config/plan/run.ts';
import { role } from '../../../src/entry/demo/world.ts';
import { repositoryFindings } from '../../../src/entry/doctor/aws/repository.ts';
import { doctor } from '../../../src/entry/doctor/doctor.ts';
import { lifecycle } from '../../../src/entry/init/aws/model.ts';
import type { ImagePreview } from '../../../src/plan/outcome.ts';
import type { TrustStatement } from '../../../src/sandbox/aws/trust.ts';
import type { EcrRepository } from '../../support/aws/repositories.ts';
import { type Town, type TownServers, town } from '../../support/cli.ts';
import { noHttpBackend } from '../../support/git-host.ts';
import { type HereOptions, here } from '../../support/here.ts';

const user = { accessKeyId: 'AKIAUSER', secretAccessKey: 'the-secret-of-a-user' };
const keys = { AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey };
const laptop = { ...keys, ACTIONS_ID_TOKEN_REQUEST_URL: undefined, ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined };

const repository = (about: Partial<EcrRepository>): TownServers => ({
  aws: { repositories: [{ name: 'app-repo', ...about }, { name: 'web-repo' }] },
});
const rule = (selection: object, rulePriority = 1) => ({ rulePriority, selection, action: { type: 'expire' } });
const byAge = { countType: 'sinceImagePushed', countUnit: 'days', countNumber: 30 };
const byCount = (countNumber: number) => ({ countType: 'imageCountMoreThan', countNumber });
const tags = (count: number) => Array.from({ length: count }, (_, at) => `t${at}`);
/** The town's trust policy with another condition. */
const trusting = (condition: (host: string) => TrustStatement['Condition'] & object): TownServers => ({
  role: (host: string) => ({
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${host}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: condition(host),
        },
      ],
    },
  }),
});
const policy = (Action: string | string[], Resource: string, Condition?: object) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action, Resource, Condition },
    { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*', Condition },
  ],
});
/** A role that may not simulate, with one attached policy, one inline one, and perhaps a boundary. */
const bound = (attached: object, boundary?: object): TownServers => ({
  role: {
    lacks: ['iam:SimulatePrincipalPolicy'],
    policies: {
      'arn:aws:iam::123456789012:policy/push': attached,
      look: policy('iam:*', '*'),
      ...(boundary && { 'arn:aws:iam::123456789012:policy/edge': boundary }),
    },
    ...(boundary && { boundary: 'arn:aws:iam::123456789012:policy/edge' }),
  },
});
const sub = 'repo:acme/app-repo:ref:refs/heads';

interface Case {
  readonly servers?: TownServers;
  readonly config?: readonly [from: string, to: string];
  readonly env?: HereOptions['env'];
}

describe.skipIf(noHttpBackend !== undefined)('tagboat doctor that asks AWS', () => {
  async function found({ servers = {}, config, env = {} }: Case) {
    const place: Town = await town({}, { ...servers, aws: { users: [user], ...servers.aws } });
    const file = join(place.app, 'tagboat.yaml');
    if (config !== undefined) await writeFile(file, (await readFile(file, 'utf8')).replace(...config));
    const doctored = doctor({ json: true, quiet: false, color: false, jobs: 1 }, {});
    const { exitCode, events } = await here(doctored, { cwd: place.app, env: { ...place.env, ...env } });
    const codes = events.flatMap((event) => (event.type === 'finding' ? [event.code] : []));
    return [exitCode, codes.filter((code) => code !== 'SCHEMA_LINE_MISSING')];
  }

  const fixed = { mutability: 'IMMUTABLE_WITH_EXCLUSION', exclusions: ['cache-*'], lifecycle } as const;
  it.each<[string, number, string[], Case]>([
    ['what is right', 0, [], { servers: repository(fixed) }],
    [
      'a tag that would have to move, and images deleted by their age',
      2,
      ['TAG_CANNOT_MOVE', 'LIFECYCLE_EXPIRES_BY_AGE'],
      {
        servers: repository({ ...fixed, lifecycle: { rules: [rule({ tagStatus: 'any', ...byAge })] } }),
        config: ['repository: app-repo,', 'repository: app-repo, tag: latest,'],
      },
    ],
    [
      'rights that the role lacks',
      2,
      ['ROLE_RIGHT_MISSING', 'ROLE_RIGHT_MISSING'],
      { servers: { role: { lacks: ['ecr:PutImage'] } } },
    ],
    [
      'what the role may not ask',
      0,
      ['ACCOUNT_NOT_TOLD'],
      { servers: { role: { lacks: ['iam:GetRole', 'iam:SimulatePrincipalPolicy', 'ecr:DescribeRepositories'] } } },
    ],
    [
      'rights that the role lacks, by its policies where it may not simulate them',
      2,
      ['ROLE_RIGHT_MISSING', 'ROLE_RIGHT_MISSING'],
      { servers: { role: { lacks: ['ecr:PutImage', 'iam:SimulatePrincipalPolicy'] } } },
    ],
    [
      'a repository that an attached policy leaves out, and nothing of what it allows',
      2,
      ['ROLE_RIGHT_MISSING'],
      { servers: bound(policy('ecr:*', 'arn:aws:ecr:*:123456789012:repository/app-*')) },
    ],
    [
      'what the boundary of the role takes away',
      2,
      ['ROLE_RIGHT_MISSING'],
      { servers: bound(policy('*', '*'), policy('ecr:*', 'arn:aws:ecr:*:*:repository/web-*')) },
    ],
    [
      'that a policy rests on what only AWS knows',
      0,
      ['ACCOUNT_NOT_TOLD'],
      { servers: bound(policy('*', '*', { StringEquals: { 'aws:PrincipalTag/team': 'a' } })) },
    ],
    [
      'nothing wrong where neither the simulation nor one of the policies is told',
      0,
      ['ACCOUNT_NOT_TOLD'],
      { servers: { role: { lacks: ['iam:SimulatePrincipalPolicy', 'iam:ListRolePolicies'], policies: {} } } },
    ],
    [
      'a role that lets everybody in',
      2,
      ['TRUST_OPEN'],
      { servers: trusting((host) => ({ StringLike: { [`${host}:sub`]: 'repo:*' } })) },
    ],
    [
      'a role that lets another branch in, which keys beside it may read',
      2,
      ['AWS_ROLE_REFUSED', 'TRUST_REFUSED'],
      { servers: trusting((host) => ({ StringEquals: { [`${host}:sub`]: `${sub}/other` } })), env: keys },
    ],
    [
      'a pattern that is compared letter by letter',
      2,
      ['AWS_ROLE_REFUSED', 'TRUST_WILDCARD', 'TRUST_NOBODY', 'TRUST_REFUSED'],
      { servers: trusting((host) => ({ StringEquals: { [`${host}:sub`]: `${sub}/*` } })), env: keys },
    ],
    [
      'a session that is longer than the role allows',
      2,
      ['AWS_ROLE_REFUSED', 'ROLE_SESSION_TOO_LONG'],
      { servers: { role: { maxSessionSeconds: 900 } }, env: keys },
    ],
    [
      'from a laptop, a role that is not there',
      2,
      ['ROLE_NOT_FOUND', 'OIDC_UNAVAILABLE'],
      { config: [role, `${role}s`], env: laptop },
    ],
    [
      'from a laptop, a provider that is not there',
      2,
      ['PROVIDER_NOT_FOUND', 'OIDC_UNAVAILABLE'],
      { servers: { aws: { providers: [] } }, env: laptop },
    ],
    [
      'from a laptop, a provider that takes tokens for somebody else',
      2,
      ['PROVIDER_AUDIENCE', 'OIDC_UNAVAILABLE'],
      { config: ['sessionSeconds: 1800', 'audience: somebody'], env: laptop },
    ],
    [
      'from a laptop, a repository that is not there and an image that has nearly all tags it may have',
      2,
      ['REPOSITORY_NOT_FOUND', 'IMAGE_TAGS_NEARLY_FULL', 'OIDC_UNAVAILABLE'],
      { servers: { aws: { repositories: [{ name: 'app-repo', tags: { a: tags(950), b: tags(700) } }] } }, env: laptop },
    ],
    [
      'keys of another account',
      0,
      ['OIDC_UNAVAILABLE', 'ACCOUNT_NOT_TOLD'],
      { servers: { aws: { account: '210987654321' } }, env: laptop },
    ],
    [
      'keys that mean nothing',
      0,
      ['OIDC_UNAVAILABLE', 'ACCOUNT_NOT_TOLD'],
      { env: { ...laptop, AWS_ACCESS_KEY_ID: 'AKIANOBODY' } },
    ],
  ])('tells %s: exit code %i, %j', async (_, exitCode, codes, about) => {
    expect(await found(about)).toEqual([exitCode, codes]);
  });
});

describe('a repository of ECR', () => {
  const source = {
    ...{ dir: '/app', url: undefined, commit: 'c'.repeat(40), branch: 'main', subject: 's', runUrl: undefined },
    ...{ author: { name: 'A', email: 'a@b.c' }, committedAt: '2026-01-01T00:00:00Z', dirty: false as const },
  };
  function codesOf(tag: string, facts: Partial<RepositoryFacts>, preview?: ImagePreview) {
    const text = `registry: 123456789012.dkr.ecr.eu-west-1.amazonaws.com\nimages: { app: { repository: app, tag: "${tag}" } }\n`;
    const config = parseConfig(text, 'tagboat.yaml', {});
    const [image] = planRun(config, source, { actions: false }).images;
    const [template] = config.images;
    if (image === undefined || template === undefined) throw new Error('the config has no image');
    const about = { mutability: 'MUTABLE', exclusions: [], lifecycle: undefined, tags: undefined, ...facts };
    return repositoryFindings(image, template, about, preview).map(({ code }) => code);
  }
  const rules = (...all: object[]) => ({ lifecycle: JSON.stringify({ rules: all }) });
  const tagged = (list: object, count: object, priority = 1) =>
    rule({ tagStatus: 'tagged', ...list, ...count }, priority);

  // biome-ignore format: a table
  it.each<[string, string, Partial<RepositoryFacts>, string[]]>([
    ['a tag for each commit, immutable', 'v-{shortCommit}', { mutability: 'IMMUTABLE' }, []],
    ['a tag for each time, immutable', '{commitTime}', { mutability: 'IMMUTABLE' }, []],
    ['one tag for all, immutable', 'latest', { mutability: 'IMMUTABLE' }, ['TAG_CANNOT_MOVE']],
    ['one tag for all, exempted', 'latest', { mutability: 'IMMUTABLE_WITH_EXCLUSION', exclusions: ['lat*'] }, []],
    ['one tag for a branch, among exempted ones', '{branch}', { mutability: 'MUTABLE_WITH_EXCLUSION', exclusions: ['ma*n'] }, ['TAG_CANNOT_MOVE']],
    ['one tag for a branch, not among exempted ones', '{branch}', { mutability: 'MUTABLE_WITH_EXCLUSION', exclusions: ['v*'] }, []],
    ['no lifecycle policy', '{commit}', {}, []],
    ['the policy that init writes', '{commit}', { lifecycle: JSON.stringify(lifecycle) }, []],
    ['a policy that cannot be read', '{commit}', { lifecycle: 'x' }, []],
    ['fingerprints by age', '{commit}', rules(tagged({ tagPrefixList: ['fp-'] }, byAge)), ['LIFECYCLE_EXPIRES_BY_AGE']],
    ['what was not pulled', '{commit}', rules(tagged({ tagPatternList: ['*'] }, { ...byAge, countType: 'sinceImagePulled' })), ['LIFECYCLE_EXPIRES_BY_AGE']],
    ['a release by its own tag', 'v-{commit}', rules(tagged({ tagPrefixList: ['v-'] }, byCount(5))), ['LIFECYCLE_KEEPS_FEW']],
    ['all together counted', '{commit}', rules(rule({ tagStatus: 'any', ...byCount(100) })), ['LIFECYCLE_COUNTS_OTHERS']],
    ['all but caches and lists counted', '{commit}', rules(tagged({ tagPrefixList: ['cache-'] }, byAge), tagged({ tagPrefixList: ['inputs-'] }, byCount(50), 2), rule({ tagStatus: 'any', ...byCount(100) }, 3)), []],
    ['rules in another order than their priorities', '{commit}', rules(rule({ tagStatus: 'any', ...byAge }, 9), tagged({ tagPrefixList: ['fp-'] }, byCount(100), 1)), []],
    ['an image that has only one of two tags', '{commit}', rules(tagged({ tagPrefixList: ['fp-', 'pr-'] }, byAge)), []],
    ['what goes to an archive', '{commit}', { lifecycle: JSON.stringify({ rules: [{ ...rule({ tagStatus: 'any', ...byAge }), action: { type: 'transition' } }] }) }, []],
    ['untagged ones by age', '{commit}', rules(rule({ tagStatus: 'untagged', ...byAge })), []],
    ['all tags used', '{commit}', { tags: new Map([['sha256:a', 1_000]]) }, ['IMAGE_TAGS_NEARLY_FULL']],
    ['many tags left', '{commit}', { tags: new Map([['sha256:a', 899]]) }, []],
  ])('with %s', (_, tag, facts, expected) => {
    expect(codesOf(tag, facts)).toEqual(expected);
  });

  const built = { is: 'built', name: 'app', reference: 'x', engine: 'buildx', why: '' } as const;
  const reused = { is: 'reused', name: 'app', reference: 'x', digest: 'sha256:b', why: '' } as const;
  const full = { tags: new Map([['sha256:a', 999]]) };
  it.each<[string, Partial<RepositoryFacts>, ImagePreview, string[]]>([
    ['a cache whose tag can never be written again', { mutability: 'IMMUTABLE' }, built, ['CACHE_CANNOT_MOVE']],
    ['a cache that is exempted', { mutability: 'IMMUTABLE_WITH_EXCLUSION', exclusions: ['cache-*'] }, built, []],
    ['no cache, by its engine', { mutability: 'IMMUTABLE' }, { ...built, engine: 'assemble' }, []],
    ['the many tags of an image that is not the one to be tagged', full, reused, []],
    ['the many tags of the image to be tagged', full, { ...reused, digest: 'sha256:a' }, ['IMAGE_TAGS_NEARLY_FULL']],
    ['the many tags of earlier images, before a new one', full, built, []],
  ])('with %s', (_, facts, preview, expected) => {
    expect(codesOf('{commit}', facts, preview)).toEqual(expected);
  });
});
