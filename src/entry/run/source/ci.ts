import type { Source } from '../../../plan.ts';
import type { Env } from '../../../wire/world.ts';
import { isSameRemote } from './remote.ts';

/** What the CI says that the job is of. */
export interface CiFacts {
  /** Undefined where the one checked out is meant, whichever it is. */
  readonly commit: string | undefined;
  readonly branch: string | undefined;
  readonly gitTag: string | undefined;
  readonly pullRequest: Source['pullRequest'];
  readonly url: string | undefined;
  readonly runUrl: string | undefined;
}

/** What the library doesn't tell of one CI, or tells otherwise than we ask. */
interface More {
  /** The whole ref, where the CI has it in one variable. */
  readonly ref?: string | undefined;
  readonly branch?: string | undefined;
  readonly tag?: string | undefined;
  /** The pull request's newest commit, where what is checked out may be a merge of it. */
  readonly head?: string | undefined;
  /** The pull request's number as people know it. */
  readonly pr?: string | undefined;
  /** The pull request is of our own repository. Where a CI doesn't say so, it may be anybody's. */
  readonly own?: boolean | undefined;
  readonly into?: string | undefined;
  readonly url?: string | undefined;
  readonly runUrl?: string | undefined;
}

const more: Readonly<Record<string, (env: Env) => More>> = {
  // Forgejo, Gitea and `act` speak as GitHub does. What a pull request is of stands in the event's file (ci-event.ts).
  github: (env) => {
    const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
    const url = server !== undefined && repository !== undefined ? `${server}/${repository}` : undefined;
    const attempt = Number(env.GITHUB_RUN_ATTEMPT ?? '1');
    const page = url && run && `${url}/actions/runs/${run}${attempt > 1 ? `/attempts/${attempt}` : ''}`;
    return { ref: env.GITHUB_REF ?? '', url, runUrl: page ?? '', into: env.GITHUB_BASE_REF };
  },
  gitlab: (env) => ({
    branch: env.CI_COMMIT_BRANCH ?? '',
    pr: env.CI_MERGE_REQUEST_IID ?? env.CI_EXTERNAL_PULL_REQUEST_IID,
    own:
      env.CI_MERGE_REQUEST_SOURCE_PROJECT_ID !== undefined &&
      env.CI_MERGE_REQUEST_SOURCE_PROJECT_ID === env.CI_MERGE_REQUEST_PROJECT_ID,
    into: env.CI_MERGE_REQUEST_TARGET_BRANCH_NAME,
    head: env.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA || undefined,
    url: env.CI_PROJECT_URL,
    runUrl: env.CI_JOB_URL,
  }),
  // Bitbucket runs a fork's pull request in the fork, with the fork's variables.
  bitbucket: (env) => ({ pr: env.BITBUCKET_PR_ID, own: true, into: env.BITBUCKET_PR_DESTINATION_BRANCH }),
  // A branch of our own with an open pull request is built as the branch; only a fork's has this number.
  circleci: (env) => ({ own: env.CIRCLE_PR_NUMBER === undefined, branch: env.CIRCLE_BRANCH }),
  jenkins: (env) => ({
    tag: env.TAG_NAME,
    branch: env.BRANCH_NAME ?? env.GIT_LOCAL_BRANCH ?? env.GIT_BRANCH?.replace(/^origin\/|^detached$/, ''),
    own:
      (env.CHANGE_ID !== undefined && env.CHANGE_FORK === undefined) ||
      isSameRemote(env.gitlabSourceRepoHttpUrl, env.gitlabTargetRepoHttpUrl),
    into: env.CHANGE_TARGET,
  }),
  azurePipelines: (env) => ({
    ref: env.BUILD_SOURCEBRANCH ?? '',
    pr: env.SYSTEM_PULLREQUEST_PULLREQUESTNUMBER,
    own: env.SYSTEM_PULLREQUEST_ISFORK?.toLowerCase() === 'false',
    url: env.BUILD_REPOSITORY_URI,
    runUrl:
      env.SYSTEM_TEAMFOUNDATIONCOLLECTIONURI &&
      `${env.SYSTEM_TEAMFOUNDATIONCOLLECTIONURI}${env.SYSTEM_TEAMPROJECT}/_build/results?buildId=${env.BUILD_BUILDID}`,
  }),
  buildkite: (env) => ({
    own: !env.BUILDKITE_PULL_REQUEST_REPO || isSameRemote(env.BUILDKITE_PULL_REQUEST_REPO, env.BUILDKITE_REPO),
  }),
  drone: (env) => ({ ref: env.DRONE_COMMIT_REF, url: env.DRONE_REPO_LINK }),
  woodpecker: (env) => ({ ref: env.CI_COMMIT_REF, url: env.CI_REPO_URL }),
};

/** Whether this is a job of some CI. Besides `CI`: those that don't set it. */
export function isJob(env: Env): boolean {
  const marks = [
    'CI',
    'GITHUB_ACTIONS',
    'GITLAB_CI',
    'TF_BUILD',
    'JENKINS_URL',
    'TEAMCITY_VERSION',
    'CODEBUILD_BUILD_ID',
  ];
  return marks.some((name) => !['', 'false', '0'].includes(env[name] ?? ''));
}

/** What the CI says, by its documented variables; undefined outside of any, and in one that isn't known. */
export async function readCi(env: Env): Promise<CiFacts | undefined> {
  if (!isJob(env)) return undefined;
  const { default: envCi } = await import('env-ci');
  // Without a PATH it starts no git: what is checked out is asked elsewhere. Nor does it read the event's file.
  const said = envCi({ env: { ...env, PATH: '', Path: undefined, GITHUB_EVENT_PATH: undefined } });
  if (said.service === undefined) return undefined;
  const its = more[said.service]?.(env) ?? {};
  const ref = its.ref ?? its.branch ?? said.branch ?? '';
  const gitTag = its.tag || said.tag || /^refs\/tags\/(.+)$/.exec(ref)?.[1];
  const number = Number(/^\d+$/.exec(its.pr || String(said.pr ?? /^refs\/pull\/(\d+)\//.exec(ref)?.[1]))?.[0] ?? 'NaN');
  const into = (its.into ?? said.branch)?.replace(/^refs\/heads\//, '') || undefined;
  const pullRequest = Number.isNaN(number)
    ? undefined
    : { number, foreign: its.own !== true, into, ...(its.head && { head: its.head }) };
  const isBranch = gitTag === undefined && (pullRequest === undefined || (said.service === 'circleci' && its.own));
  return {
    // Jenkins' pipelines tell it only where they ask for it.
    commit: said.commit || (said.service === 'jenkins' ? undefined : ''),
    // A pull request's ref, or another that is no branch's.
    branch: isBranch ? ref.replace(/^refs\/heads\//, '').replace(/^refs\/.*/, '') || undefined : undefined,
    gitTag,
    pullRequest,
    url: its.url || undefined,
    runUrl: (its.runUrl ?? said.jobUrl ?? said.buildUrl) || undefined,
  };
}
