import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { trustPolicy } from '../../auth/iam/right-policy.ts';
import { type ArgoCdHost, startArgoCd } from '../../sandbox/argocd/argocd-host.ts';
import type { Connector } from '../../sandbox/argocd/gate.ts';
import { type Aws, startAws } from '../../sandbox/aws/aws.ts';
import { type GitHost, startGitHost } from '../../sandbox/git-host/git-host.ts';
import { type GitHub, startGitHub } from '../../sandbox/github/github.ts';
import { type Registry, startRegistry } from '../../sandbox/registry/registry.ts';
import { createExec } from '../../wire/exec.ts';
import { createHttp } from '../../wire/http/client.ts';
import type { Env, World } from '../../wire/world.ts';
import { version } from '../run/version.ts';
import { childEnv, tracedExec, tracedHttp } from '../run/world.ts';

const account = '123456789012';
/** The role of the demo's AWS account that pushes images. */
export const role = `arn:aws:iam::${account}:role/role-github`;
const audience = 'sts.amazonaws.com';

/** Everything a delivery needs, on loopback, and a world that finds it there. */
export interface DemoWorld {
  readonly world: World;
  readonly gitHost: GitHost;
  readonly registry: Registry;
  readonly github: GitHub;
  readonly aws: Aws;
  readonly argocd: ArgoCdHost;
  /** What the demo's config repo takes as a token. */
  readonly token: string;
  close(): Promise<void>;
}

/** Starts a git host, a registry, GitHub's token issuer, AWS and Argo CD, all in `dir`. Ended parts are closed on failure. */
export async function startDemoWorld(dir: string, outer: World): Promise<DemoWorld> {
  const closers: (() => unknown)[] = [];
  const opened = <T extends { close(): unknown }>(part: T): T => {
    closers.push(() => part.close());
    return part;
  };
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const gitHost = opened(await startGitHost({ env: outer.env, dir: join(dir, 'git') }));
    const github = opened(await startGitHub({ workflow: { repository: 'acme/app-repo', ref: 'refs/heads/main' } }));
    const aws = opened(await startAws(accountTrusting(github)));
    await mkdir(join(dir, 'registry'), { recursive: true });
    const registry = opened(await startRegistry({ dir: join(dir, 'registry'), auth: 'basic', authorize: gate(aws) }));
    const argocd = opened(await startArgoCd({ gitHost, connector: connectorFor(github), pace: demoPace }));
    const token = `demo-${createHash('sha256').update(dir).digest('hex').slice(0, 24)}`;
    outer.mask(token);
    const env = demoEnv(outer.env, { github, aws, token });
    const http = opened(createHttp({ userAgent: `tagboat/${version}`, env }));
    const exec = createExec((program) => childEnv(program, env));
    const { trace } = outer;
    const told =
      trace === undefined ? { http, exec } : { http: tracedHttp(http, trace), exec: tracedExec(exec, trace) };
    const world: World = { ...outer, env, ...told };
    return { world, gitHost, registry, github, aws, argocd, token, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** An account whose role trusts pushes to `main` of the app repo, by the policy that a refused login proposes. */
export function accountTrusting(github: GitHub): Parameters<typeof startAws>[0] {
  const claims = { iss: github.issuer, aud: audience, sub: 'repo:acme/app-repo:ref:refs/heads/main' };
  return {
    account,
    providers: [{ issuer: github.issuer, audiences: [audience] }],
    roles: [{ arn: role, trust: trustPolicy(role, claims) }],
  };
}

/** Slow enough to be seen, fast enough for a demo. */
const demoPace = { compare: 80, sync: 50, rollout: 200, deadline: 100 };

/** Dex takes GitHub's tokens of pushes to the app repo's `main`, and Argo CD lets them look: no stored secret. */
function connectorFor(github: GitHub): Connector {
  return {
    id: 'github-actions',
    issuer: github.issuer,
    subjects: { 'repo:acme/app-repo:ref:refs/heads/main': { get: true } },
  };
}

/** Everybody may look, so that `curl` needs no login; only whom AWS vouches for may push. */
function gate(aws: Aws): NonNullable<Parameters<typeof startRegistry>[0]['authorize']> {
  return (authorization, { actions }) => {
    if (actions.every((action) => action === 'pull') && actions.length > 0) return 'allow';
    const [, encoded = ''] = /^Basic (.+)$/i.exec(authorization ?? '') ?? [];
    const [user = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
    return aws.verify(user, rest.join(':')) ? 'allow' : 'challenge';
  };
}

/** The job's environment: the machine's own, without its accounts, and GitHub's and AWS's variables of the sandbox. */
function demoEnv(outer: Env, { github, aws, token }: Pick<DemoWorld, 'github' | 'aws' | 'token'>): Env {
  const kept = Object.entries(outer).filter(
    ([name]) => !/^(AWS|GITHUB|ACTIONS|TAGBOAT|ARGOCD|CI|GITLAB)(_|$)/.test(name),
  );
  const spared = ['127.0.0.1', outer.no_proxy ?? outer.NO_PROXY].filter((part) => part !== undefined && part !== '');
  return {
    ...Object.fromEntries(kept),
    ...github.env,
    ...aws.env,
    TAGBOAT_TOKEN: token,
    no_proxy: spared.join(','),
    NO_PROXY: spared.join(','),
    // The user's own git configuration (signing, hooks, URL rewrites) has no business in the demo's repositories.
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
}
