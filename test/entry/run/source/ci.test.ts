import { describe, expect, it } from 'vitest';
import { type CiFacts, readCi } from '../../../../src/entry/run/source/ci.ts';

// The variables that each CI documents, as its jobs have them.
const sha = '3f2c1d0'.padEnd(40, '0');
type Env = Readonly<Record<string, string>>;
const own = (number: number, into: string | null = 'main') => ({ number, foreign: false, into: into ?? undefined });
const fork = (number: number, into: string | null = 'main') => ({ number, foreign: true, into: into ?? undefined });

const systems: Readonly<
  Record<string, { always: Env; rows: readonly [what: string, env: Env, facts: Partial<CiFacts>][] }>
> = {
  'GitHub Actions': {
    always: {
      ...{ CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_SHA: sha, GITHUB_SERVER_URL: 'https://github.com' },
      ...{ GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '77', GITHUB_RUN_ATTEMPT: '1' },
    },
    rows: [
      [
        'push',
        { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/release/1.x' },
        {
          branch: 'release/1.x',
          url: 'https://github.com/acme/shop',
          runUrl: 'https://github.com/acme/shop/actions/runs/77',
        },
      ],
      ['tag', { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v1.2.0' }, { gitTag: 'v1.2.0' }],
      ['release', { GITHUB_EVENT_NAME: 'release', GITHUB_REF: 'refs/tags/v1.2.0' }, { gitTag: 'v1.2.0' }],
      [
        'proposal',
        {
          GITHUB_EVENT_NAME: 'pull_request',
          GITHUB_REF: 'refs/pull/12/merge',
          GITHUB_BASE_REF: 'main',
          GITHUB_HEAD_REF: 'topic',
        },
        { pullRequest: fork(12) },
      ],
    ],
  },
  'Forgejo Actions': {
    always: {
      ...{ CI: 'true', GITHUB_ACTIONS: 'true', FORGEJO_ACTIONS: 'true', GITEA_ACTIONS: 'true', GITHUB_SHA: sha },
      ...{ GITHUB_SERVER_URL: 'https://codeberg.org', GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '7' },
    },
    rows: [
      [
        'push',
        { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main' },
        {
          branch: 'main',
          url: 'https://codeberg.org/acme/shop',
          runUrl: 'https://codeberg.org/acme/shop/actions/runs/7',
        },
      ],
      ['tag', { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v1' }, { gitTag: 'v1' }],
      [
        'proposal',
        { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/3/head', GITHUB_BASE_REF: 'main' },
        { pullRequest: fork(3) },
      ],
    ],
  },
  GitLab: {
    always: {
      ...{ CI: 'true', GITLAB_CI: 'true', CI_COMMIT_SHA: sha, CI_PROJECT_URL: 'https://gitlab.com/acme/shop' },
      ...{
        CI_PROJECT_PATH: 'acme/shop',
        CI_PIPELINE_ID: '9',
        CI_JOB_ID: '5',
        CI_JOB_URL: 'https://gitlab.com/acme/shop/-/jobs/5',
      },
    },
    rows: [
      [
        'push',
        { CI_PIPELINE_SOURCE: 'push', CI_COMMIT_BRANCH: 'main', CI_COMMIT_REF_NAME: 'main' },
        { branch: 'main', url: 'https://gitlab.com/acme/shop', runUrl: 'https://gitlab.com/acme/shop/-/jobs/5' },
      ],
      ['tag', { CI_PIPELINE_SOURCE: 'push', CI_COMMIT_TAG: 'v2', CI_COMMIT_REF_NAME: 'v2' }, { gitTag: 'v2' }],
      [
        'proposal',
        {
          CI_PIPELINE_SOURCE: 'merge_request_event',
          CI_COMMIT_REF_NAME: 'topic',
          CI_MERGE_REQUEST_ID: '991',
          CI_MERGE_REQUEST_IID: '12',
          CI_MERGE_REQUEST_PROJECT_ID: '1',
          CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '1',
          CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
          CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'topic',
        },
        { pullRequest: own(12) },
      ],
      [
        'fork',
        {
          CI_PIPELINE_SOURCE: 'merge_request_event',
          CI_COMMIT_REF_NAME: 'main',
          CI_MERGE_REQUEST_ID: '991',
          CI_MERGE_REQUEST_IID: '12',
          CI_MERGE_REQUEST_PROJECT_ID: '1',
          CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '2',
          CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
          CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'main',
        },
        { pullRequest: fork(12) },
      ],
    ],
  },
  Bitbucket: {
    always: { CI: 'true', BITBUCKET_BUILD_NUMBER: '4', BITBUCKET_COMMIT: sha, BITBUCKET_REPO_FULL_NAME: 'acme/shop' },
    rows: [
      [
        'push',
        { BITBUCKET_BRANCH: 'main' },
        { branch: 'main', runUrl: 'https://bitbucket.org/acme/shop/addon/pipelines/home#!/results/4' },
      ],
      ['tag', { BITBUCKET_TAG: 'v1' }, { gitTag: 'v1' }],
      [
        'proposal',
        { BITBUCKET_BRANCH: 'topic', BITBUCKET_PR_ID: '8', BITBUCKET_PR_DESTINATION_BRANCH: 'main' },
        { pullRequest: own(8) },
      ],
    ],
  },
  CircleCI: {
    always: { CI: 'true', CIRCLECI: 'true', CIRCLE_SHA1: sha, CIRCLE_BUILD_URL: 'https://circleci.com/gh/acme/shop/1' },
    rows: [
      ['push', { CIRCLE_BRANCH: 'main' }, { branch: 'main', runUrl: 'https://circleci.com/gh/acme/shop/1' }],
      ['tag', { CIRCLE_TAG: 'v1' }, { gitTag: 'v1' }],
      [
        'proposal',
        { CIRCLE_BRANCH: 'topic', CIRCLE_PULL_REQUEST: 'https://github.com/acme/shop/pull/8' },
        { branch: 'topic', pullRequest: own(8, null) },
      ],
      [
        'fork',
        {
          CIRCLE_BRANCH: 'pull/8',
          CIRCLE_PR_NUMBER: '8',
          CIRCLE_PR_USERNAME: 'mallory',
          CIRCLE_PR_REPONAME: 'shop',
          CIRCLE_PULL_REQUEST: 'https://github.com/acme/shop/pull/8',
        },
        { pullRequest: fork(8, null) },
      ],
    ],
  },
  Jenkins: {
    always: {
      JENKINS_URL: 'https://ci.example.com/',
      BUILD_NUMBER: '3',
      BUILD_URL: 'https://ci.example.com/job/shop/3/',
      GIT_COMMIT: sha,
    },
    rows: [
      ['push', { GIT_BRANCH: 'origin/main' }, { branch: 'main', runUrl: 'https://ci.example.com/job/shop/3/' }],
      ['push of a multibranch job', { GIT_BRANCH: 'release/1', BRANCH_NAME: 'release/1' }, { branch: 'release/1' }],
      ['tag', { GIT_BRANCH: 'v1.2', BRANCH_NAME: 'v1.2', TAG_NAME: 'v1.2' }, { gitTag: 'v1.2' }],
      [
        'proposal',
        { GIT_BRANCH: 'PR-8', BRANCH_NAME: 'PR-8', CHANGE_ID: '8', CHANGE_BRANCH: 'topic', CHANGE_TARGET: 'main' },
        { pullRequest: own(8) },
      ],
      [
        'fork',
        {
          GIT_BRANCH: 'PR-8',
          BRANCH_NAME: 'PR-8',
          CHANGE_ID: '8',
          CHANGE_BRANCH: 'main',
          CHANGE_TARGET: 'main',
          CHANGE_FORK: 'mallory',
        },
        { pullRequest: fork(8) },
      ],
      ['a detached head', { GIT_BRANCH: 'detached' }, { branch: undefined }],
    ],
  },
  'Azure Pipelines': {
    always: {
      ...{ TF_BUILD: 'True', BUILD_BUILDURI: 'vstfs:///Build/Build/6', BUILD_BUILDID: '6', BUILD_SOURCEVERSION: sha },
      ...{ SYSTEM_TEAMFOUNDATIONCOLLECTIONURI: 'https://dev.azure.com/acme/', SYSTEM_TEAMPROJECT: 'shop' },
      BUILD_REPOSITORY_URI: 'https://dev.azure.com/acme/shop/_git/shop',
    },
    rows: [
      [
        'push',
        { BUILD_SOURCEBRANCH: 'refs/heads/feature/x', BUILD_SOURCEBRANCHNAME: 'x' },
        {
          branch: 'feature/x',
          url: 'https://dev.azure.com/acme/shop/_git/shop',
          runUrl: 'https://dev.azure.com/acme/shop/_build/results?buildId=6',
        },
      ],
      ['tag', { BUILD_SOURCEBRANCH: 'refs/tags/v1', BUILD_SOURCEBRANCHNAME: 'v1' }, { gitTag: 'v1' }],
      [
        'proposal',
        {
          BUILD_SOURCEBRANCH: 'refs/pull/17/merge',
          SYSTEM_PULLREQUEST_PULLREQUESTID: '17',
          SYSTEM_PULLREQUEST_ISFORK: 'False',
          SYSTEM_PULLREQUEST_SOURCEBRANCH: 'refs/heads/topic',
          SYSTEM_PULLREQUEST_TARGETBRANCH: 'refs/heads/main',
        },
        { pullRequest: own(17) },
      ],
      [
        'fork',
        {
          BUILD_SOURCEBRANCH: 'refs/pull/17/merge',
          SYSTEM_PULLREQUEST_PULLREQUESTID: '5551',
          SYSTEM_PULLREQUEST_PULLREQUESTNUMBER: '17',
          SYSTEM_PULLREQUEST_ISFORK: 'True',
          SYSTEM_PULLREQUEST_TARGETBRANCH: 'main',
        },
        { pullRequest: fork(17) },
      ],
    ],
  },
  Buildkite: {
    always: {
      CI: 'true',
      BUILDKITE: 'true',
      BUILDKITE_COMMIT: sha,
      BUILDKITE_REPO: 'git@github.com:acme/shop.git',
      BUILDKITE_BUILD_URL: 'https://buildkite.com/acme/shop/builds/1',
      BUILDKITE_PULL_REQUEST: 'false',
      BUILDKITE_TAG: '',
    },
    rows: [
      ['push', { BUILDKITE_BRANCH: 'main' }, { branch: 'main', runUrl: 'https://buildkite.com/acme/shop/builds/1' }],
      ['tag', { BUILDKITE_BRANCH: 'v1', BUILDKITE_TAG: 'v1' }, { gitTag: 'v1' }],
      [
        'proposal',
        {
          BUILDKITE_BRANCH: 'topic',
          BUILDKITE_PULL_REQUEST: '8',
          BUILDKITE_PULL_REQUEST_BASE_BRANCH: 'main',
          BUILDKITE_PULL_REQUEST_REPO: 'git://github.com/acme/shop.git',
        },
        { pullRequest: own(8) },
      ],
      [
        'fork',
        {
          BUILDKITE_BRANCH: 'mallory:main',
          BUILDKITE_PULL_REQUEST: '8',
          BUILDKITE_PULL_REQUEST_BASE_BRANCH: 'main',
          BUILDKITE_PULL_REQUEST_REPO: 'git://github.com/mallory/shop.git',
        },
        { pullRequest: fork(8) },
      ],
    ],
  },
  Drone: {
    always: {
      CI: 'true',
      DRONE: 'true',
      DRONE_COMMIT_SHA: sha,
      DRONE_BUILD_LINK: 'https://drone.example.com/acme/shop/4',
      DRONE_REPO_LINK: 'https://git.example.com/acme/shop',
    },
    rows: [
      [
        'push',
        { DRONE_BUILD_EVENT: 'push', DRONE_BRANCH: 'main', DRONE_COMMIT_REF: 'refs/heads/main' },
        { branch: 'main', url: 'https://git.example.com/acme/shop', runUrl: 'https://drone.example.com/acme/shop/4' },
      ],
      [
        'tag',
        { DRONE_BUILD_EVENT: 'tag', DRONE_BRANCH: 'main', DRONE_TAG: 'v1', DRONE_COMMIT_REF: 'refs/tags/v1' },
        { gitTag: 'v1' },
      ],
      [
        'proposal',
        {
          DRONE_BUILD_EVENT: 'pull_request',
          DRONE_BRANCH: 'main',
          DRONE_TARGET_BRANCH: 'main',
          DRONE_SOURCE_BRANCH: 'main',
          DRONE_PULL_REQUEST: '8',
          DRONE_COMMIT_REF: 'refs/pull/8/head',
        },
        { pullRequest: fork(8) },
      ],
    ],
  },
  Woodpecker: {
    always: {
      CI: 'woodpecker',
      CI_COMMIT_SHA: sha,
      CI_PIPELINE_URL: 'https://ci.example.com/repos/7/pipeline/8',
      CI_REPO_URL: 'https://git.example.com/acme/shop',
    },
    rows: [
      [
        'push',
        { CI_PIPELINE_EVENT: 'push', CI_COMMIT_BRANCH: 'main', CI_COMMIT_REF: 'refs/heads/main' },
        {
          branch: 'main',
          url: 'https://git.example.com/acme/shop',
          runUrl: 'https://ci.example.com/repos/7/pipeline/8',
        },
      ],
      [
        'tag',
        { CI_PIPELINE_EVENT: 'tag', CI_COMMIT_BRANCH: 'main', CI_COMMIT_TAG: 'v1', CI_COMMIT_REF: 'refs/tags/v1' },
        { gitTag: 'v1' },
      ],
      [
        'proposal',
        {
          CI_PIPELINE_EVENT: 'pull_request',
          CI_COMMIT_BRANCH: 'main',
          CI_COMMIT_TARGET_BRANCH: 'main',
          CI_COMMIT_SOURCE_BRANCH: 'main',
          CI_COMMIT_PULL_REQUEST: '8',
          CI_COMMIT_REF: 'refs/pull/8/head',
        },
        { pullRequest: fork(8) },
      ],
      [
        'closed proposal',
        {
          CI_PIPELINE_EVENT: 'pull_request_closed',
          CI_COMMIT_BRANCH: 'main',
          CI_COMMIT_TARGET_BRANCH: 'main',
          CI_COMMIT_PULL_REQUEST: '8',
          CI_COMMIT_REF: 'refs/pull/8/head',
        },
        { pullRequest: fork(8) },
      ],
    ],
  },
  'Travis CI, which we say nothing about,': {
    always: { CI: 'true', TRAVIS: 'true', TRAVIS_COMMIT: sha, TRAVIS_BUILD_WEB_URL: 'https://travis-ci.com/1' },
    rows: [
      [
        'push',
        { TRAVIS_BRANCH: 'main', TRAVIS_PULL_REQUEST: 'false', TRAVIS_TAG: '' },
        { branch: 'main', runUrl: 'https://travis-ci.com/1' },
      ],
      ['tag', { TRAVIS_BRANCH: 'v1', TRAVIS_PULL_REQUEST: 'false', TRAVIS_TAG: 'v1' }, { gitTag: 'v1' }],
      [
        'proposal',
        { TRAVIS_BRANCH: 'main', TRAVIS_PULL_REQUEST: '8', TRAVIS_PULL_REQUEST_BRANCH: 'main' },
        { pullRequest: fork(8) },
      ],
    ],
  },
};

describe.each(Object.entries(systems))('%s', (_, { always, rows }) => {
  it.each(rows)('says what a job is of: a %s', async (_what, env, facts) => {
    const none = { branch: undefined, gitTag: undefined, pullRequest: undefined };
    expect(await readCi({ ...always, ...env })).toMatchObject({ commit: sha, ...none, ...facts });
  });
});

describe('a CI', () => {
  it('that is not known, or none, says nothing', async () => {
    expect(await readCi({ CI: 'true', BRANCH: 'main' })).toBeUndefined();
    expect(await readCi({ GITHUB_REF: 'refs/heads/main', BUILDKITE: 'true' })).toBeUndefined();
  });

  it('whose event file is no JSON, or is not there, is read all the same', async () => {
    const env = { GITHUB_ACTIONS: 'true', GITHUB_SHA: sha, GITHUB_REF: 'refs/pull/1/merge' };
    for (const name of ['pull_request', 'pull_request_target']) {
      const read = await readCi({ ...env, GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: '/nowhere/event.json' });
      expect(read?.pullRequest).toMatchObject({ number: 1, foreign: true });
    }
  });
});
