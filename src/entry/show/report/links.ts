import { urlPath } from '../../../wire/text/url-path.ts';
import type { Env } from '../../../wire/world.ts';

/** Pages of the run itself, where they are known. */
export interface RunLinks {
  readonly run?: string | undefined;
  /** The app repo's page. */
  readonly repo?: string | undefined;
}

/** What GitHub says of the run in its variables. */
export function runLinks(env: Env): RunLinks {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name, GITHUB_RUN_ID: id } = env;
  const repo = server && name ? `${server}/${name}` : undefined;
  return { repo, run: repo && id ? `${repo}/actions/runs/${id}` : undefined };
}

/** A commit's page, as the host's kind has it. Undefined where the repository is no page. */
export function commitPage(repo: string | undefined, commit: string): string | undefined {
  const page = safePage(repo?.replace(/\.git$/, ''));
  if (page === undefined) return undefined;
  const host = new URL(page).hostname;
  const way = /gitlab/.test(host) ? '-/commit' : /bitbucket/.test(host) ? 'commits' : 'commit';
  return `${page}/${way}/${commit}`;
}

/** An application's page in Argo CD. Its name may be namespace/name. */
export function applicationPage(server: string | undefined, application: string): string | undefined {
  const page = safePage(server);
  return page && `${page}/applications/${urlPath(application)}`;
}

/** A URL that is an address to click on: https, no password, nothing that ends a Markdown link. */
export function safePage(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { protocol, username, password, origin, pathname } = new URL(url);
  if (protocol !== 'https:' || username !== '' || password !== '') return undefined;
  return `${origin}${pathname.replace(/\/$/, '')}`.replace(/[()<>\s|`]/g, encodeURIComponent);
}
