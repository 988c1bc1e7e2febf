import { forgeKind } from '../../../wire/forge/kind.ts';
import type { Env } from '../../../wire/world.ts';

type HostKind = keyof typeof profiles;

/** A kind of host, and a word on what of it is proved without the real one. What isn't, `doctor --host` asks. */
interface HostProfile {
  readonly name: string;
  readonly proved: string;
}

const profiles = {
  github: {
    name: 'GitHub',
    proved: "its API by its published schema, git by git's own server under its rules; not github.com itself",
  },
  enterprise: {
    name: 'GitHub Enterprise',
    proved: "as GitHub: its API by the published schema, git by git's own server",
  },
  gitlab: {
    name: 'GitLab',
    proved: "merge requests by a stand-in, git by git's own server; its API is not used to commit",
  },
  gitea: {
    name: 'Gitea or Forgejo',
    proved: 'git, pull requests and comments on a real Gitea 1.26; its API is not used to commit; Forgejo is not tried',
  },
  bitbucketCloud: { name: 'Bitbucket Cloud', proved: 'not tried; only its headers of limits are known' },
  bitbucketServer: { name: 'Bitbucket Server', proved: 'not tried; it serves by git itself' },
  azure: { name: 'Azure DevOps', proved: 'not tried; only its headers of limits are known' },
  codecommit: { name: 'CodeCommit', proved: 'not tried' },
  gerrit: { name: 'Gerrit', proved: 'git on a real JGit 7.4; not its review' },
  git: { name: 'plain git', proved: "all of it, on git's own server" },
} as const satisfies Readonly<Record<string, HostProfile>>;

/** What a host is: by its name or this job, else by the headers of an answer. What nothing tells is plain git. */
export function profileOf(url: URL, env: Env, headers: Readonly<Record<string, string | undefined>>): HostProfile {
  return profiles[kindOf(url, env, headers)];
}

function kindOf(url: URL, env: Env, headers: Readonly<Record<string, string | undefined>>): HostKind {
  const { hostname } = url;
  const known = forgeKind(url, env);
  if (known === 'github') return hostname === 'github.com' || hostname.endsWith('.ghe.com') ? known : 'enterprise';
  if (known !== undefined) return known;
  const labels = hostname.split('.');
  if (hostname === 'bitbucket.org') return 'bitbucketCloud';
  if (hostname === 'dev.azure.com' || hostname.endsWith('.visualstudio.com')) return 'azure';
  if (/^git-codecommit\..*\.amazonaws\.com(?:\.cn)?$/.test(hostname)) return 'codecommit';
  if (labels.includes('gerrit') || hostname.endsWith('.googlesource.com')) return 'gerrit';
  if (headers['x-github-request-id'] !== undefined) return 'enterprise';
  if (Object.keys(headers).some((name) => name.startsWith('x-gitlab-'))) return 'gitlab';
  if (/\bi_like_(?:gitea|forgejo)=/.test(headers['set-cookie'] ?? '')) return 'gitea';
  if (labels.includes('bitbucket') || headers['x-arequestid'] !== undefined) return 'bitbucketServer';
  return 'git';
}
