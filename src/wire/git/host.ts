/** What is known of a git host, before it is asked and from its answers. Shared by all that one run asks of it. */
export interface GitHostFacts {
  /**
   * Whether it takes a filter of folders by their depth (`tree:1` and up), and not the commit alone (`tree:0`). Undefined:
   * nobody has asked. A wrong belief costs a request, not a result.
   */
  foldersByDepth: boolean | undefined;
}

/** The facts of the hosts that a run has to do with, by their origins. */
export type GitHosts = Map<string, GitHostFacts>;

/** What to believe of a host at first: what the run has learnt of it, or else what its name says. */
export function factsOf(hosts: GitHosts, url: string): GitHostFacts {
  const { origin, hostname } = new URL(url);
  const known = hosts.get(origin);
  if (known !== undefined) return known;
  const facts: GitHostFacts = { foldersByDepth: isGitHubName(hostname) ? false : undefined };
  hosts.set(origin, facts);
  return facts;
}

/**
 * Learns from an answer's headers. GitHub names each request, on servers of one's own too, and takes no filter of folders
 * by depth (`uploadpackfilter.tree.maxDepth=0` in git's words).
 */
export function learnFromHeaders(facts: GitHostFacts, headers: Readonly<Record<string, string | undefined>>): void {
  if (headers['x-github-request-id'] !== undefined) facts.foldersByDepth ??= false;
}

/** github.com, and the hosts of GitHub Enterprise Cloud with data residency. */
function isGitHubName(hostname: string): boolean {
  return hostname === 'github.com' || hostname.endsWith('.ghe.com');
}
