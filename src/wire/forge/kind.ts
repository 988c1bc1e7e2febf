import type { Env } from '../world.ts';

/** What a git host is by its name, or by what this job knows of it. Undefined: nothing tells. Pure. */
export function forgeKind({ host, hostname }: URL, env: Env): 'github' | 'gitlab' | 'gitea' | undefined {
  if (hostname === 'github.com' || hostname.endsWith('.ghe.com')) return 'github';
  // Gitea's and Forgejo's jobs have GitHub's variables too.
  const gitea = [env.GITEA_ACTIONS, env.FORGEJO_ACTIONS].includes('true');
  if (isHost(env.GITHUB_SERVER_URL, host)) return gitea ? 'gitea' : 'github';
  if (isHost(env.CI_SERVER_URL, host)) return 'gitlab';
  const labels = hostname.split('.').slice(0, -1);
  const is = (...names: string[]) => labels.some((label) => names.includes(label));
  if (is('gitlab')) return 'gitlab';
  return is('gitea', 'forgejo', 'codeberg') ? 'gitea' : undefined;
}

/** The GitLab that a repository is on: the job's own, which may lie in a folder of its host, or its whole host. No slash at the end. */
export function gitlabRoot({ origin, href }: URL, { CI_SERVER_URL }: Env): string {
  const server = CI_SERVER_URL?.replace(/\/+$/, '') ?? '';
  return URL.canParse(server) && href.startsWith(`${new URL(server).href.replace(/\/$/, '')}/`) ? server : origin;
}

function isHost(server: string | undefined, host: string): boolean {
  return server !== undefined && URL.canParse(server) && new URL(server).host === host;
}
