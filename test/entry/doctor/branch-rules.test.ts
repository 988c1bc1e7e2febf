import { describe, expect, it } from 'vitest';
import { checkBranchRules } from '../../../src/entry/doctor/branch-rules.ts';
import type { DeliveryPlan } from '../../../src/plan.ts';
import { type ApiAnswer, json, serveApi } from '../../../src/sandbox/api.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { startGitHub } from '../../support/github/github.ts';
import type { BranchRules } from '../../support/github/rules.ts';
import { testWorld } from '../../support/world.ts';

const header = new Secret(`Basic ${Buffer.from('x-access-token:planted').toString('base64')}`, 'token');
const delivery = { name: 'main', branch: 'main', edits: [], via: 'git' } as unknown as DeliveryPlan;

async function onGitHub(rules: BranchRules, via: DeliveryPlan['via'] = 'git') {
  const github = await startGitHub({ rules });
  const graphql = { url: `${github.url}/api/graphql`, authorization: header };
  const plan = { ...delivery, via, repo: `${github.url}/acme/config.git` };
  try {
    const found = await checkBranchRules(testWorld(), plan, { authorization: header, label: 'token', graphql });
    return found.map(({ code, severity }) => `${code} ${severity}`);
  } finally {
    await github.close();
  }
}
const refused = ['BRANCH_PROTECTED error'];

describe('rules of a branch on GitHub', () => {
  it.each<[string, BranchRules, DeliveryPlan['via'], string[]]>([
    ['that allow a push', { ruleset: ['non_fast_forward', 'deletion', 'required_linear_history'] }, 'git', []],
    ['that want a pull request', { ruleset: ['pull_request'], bypass: 'never' }, 'git', refused],
    [
      'that are passed by in pull requests alone',
      { ruleset: ['update'], bypass: 'pull_requests_only' },
      'git',
      refused,
    ],
    ['that want a pull request, and get one', { ruleset: ['pull_request'], bypass: 'never' }, 'pullRequest', []],
    ['that this token passes by', { ruleset: ['pull_request'], bypass: 'always' }, 'git', []],
    [
      'of which nobody says whom they spare',
      { ruleset: ['required_status_checks'] },
      'git',
      ['BRANCH_PROTECTED warning'],
    ],
    ['that want signatures, of git', { ruleset: ['required_signatures'], bypass: 'never' }, 'git', refused],
    ['that want signatures, of the API', { ruleset: ['required_signatures'], bypass: 'never' }, 'github', []],
    ['of the classic kind that refuse a push', { classic: { viewerCanPush: false } }, 'git', refused],
    [
      'of the classic kind that want reviews',
      { classic: { viewerCanPush: true, requiredApprovingReviewCount: 1 } },
      'git',
      ['BRANCH_PROTECTED warning'],
    ],
    [
      'of the classic kind that want signatures',
      { classic: { viewerCanPush: true, requiresSignatures: true } },
      'github',
      [],
    ],
    [
      'of the classic kind that allow a push',
      { classic: { viewerCanPush: true, requiredStatusCheckContexts: [] } },
      'git',
      [],
    ],
  ])('%s', async (_, rules, via, expected) => {
    expect(await onGitHub(rules, via)).toEqual(expected);
  });
});

describe('protected branches on GitLab', () => {
  async function onGitLab(answer: ApiAnswer, folder = '') {
    const gitlab = await serveApi(() => answer);
    const world = testWorld({ env: { GITLAB_CI: 'true', CI_SERVER_URL: `${gitlab.url}${folder}` } });
    const plan = { ...delivery, branch: 'team/main', repo: `${gitlab.url}${folder}/acme/group/config.git` };
    try {
      const found = await checkBranchRules(world, plan, { authorization: header, label: 'token' });
      return { codes: found.map(({ code }) => code), requests: gitlab.requests };
    } finally {
      await gitlab.close();
    }
  }

  it.each([
    '',
    '/git/lab',
  ])('are told where this token may not push, by one request to a GitLab in "%s"', async (folder) => {
    const { codes, requests } = await onGitLab(json(200, { protected: true, can_push: false }), folder);
    expect(codes).toEqual(['BRANCH_PROTECTED']);
    const [request] = requests;
    expect([requests.length, request?.path, request?.headers.authorization]).toEqual([
      1,
      `${folder}/api/v4/projects/acme%2Fgroup%2Fconfig/repository/branches/team%2Fmain`,
      'Bearer planted',
    ]);
  });

  it.each([
    json(200, { protected: true, can_push: true }),
    json(200, { protected: false, can_push: true }),
    json(403, { message: '403 Forbidden' }),
    { status: 200, body: '<html>' },
  ])('are no finding by the answer %o', async (answer) => {
    expect((await onGitLab(answer)).codes).toEqual([]);
  });
});

it('nobody is asked without a token', async () => {
  expect(await checkBranchRules(testWorld(), { ...delivery, repo: 'http://127.0.0.1:1/a/b' }, undefined)).toEqual([]);
});
