import { entry, exitCodes, proxyEntry } from './codes.ts';

const exit = exitCodes.configRepo;

/** What a config repo's host answers. */
export const configRepoErrors = {
  GIT_URL_UNSUPPORTED: entry<{ repo: string }>(
    exitCodes.config,
    ({ repo }) => `${repo} isn't an http or https URL.`,
    'Config repos are reached over HTTPS: https://host/owner/name.git, with the token in TAGBOAT_TOKEN.',
  ),
  BRANCH_NAME_INVALID: entry<{ branch: string }>(
    exitCodes.config,
    ({ branch }) => `${JSON.stringify(branch)} can't be a branch's name.`,
    'Give the short name, such as main or env/prod.',
  ),
  FILE_PATH_INVALID: entry<{ file: string }>(
    exitCodes.config,
    ({ file }) => `${JSON.stringify(file)} can't be a file's path in a repository.`,
    "Give the path from the config repo's root with forward slashes, such as main/values.yaml.",
  ),
  REPO_NOT_FOUND: entry<{ repo: string; with: string | undefined }>(
    exit,
    ({ repo }) => `${repo} doesn't exist, or is hidden from this run.`,
    ({ with: label }) =>
      label === undefined
        ? 'Check the URL. A private repository is hidden from runs without a token: set TAGBOAT_TOKEN or use a GitHub App.'
        : `Check the URL. Hosts answer 404 for a private repository when the token has no right to it: give ${label} access to this repository.`,
  ),
  GIT_AUTH_REFUSED: entry<{ repo: string; with: string | undefined }>(
    exitCodes.credentials,
    ({ repo, with: label }) =>
      label === undefined ? `${repo} wants to know who this is (401).` : `${repo} doesn't accept ${label} (401).`,
    ({ with: label }) =>
      label === undefined
        ? 'Set TAGBOAT_TOKEN to a token that may write to this repository, or use a GitHub App.'
        : `Check that ${label} is whole, hasn't expired or been revoked, and belongs to this host.`,
  ),
  GIT_FORBIDDEN: entry<{ repo: string; with: string | undefined; doing: 'read' | 'push' }>(
    exitCodes.credentials,
    ({ repo, with: label, doing }) =>
      `${label ?? 'A run without a token'} may not ${doing === 'push' ? 'write to' : 'read'} ${repo}.`,
    ({ with: label, doing }) =>
      doing === 'push'
        ? `Give ${label ?? 'it'} the right to write the repository's contents (GitHub: "Contents: read and write"). A workflow's own GITHUB_TOKEN can't write to other repositories.`
        : `Give ${label ?? 'it'} the right to read this repository, and check the organisation's single sign-on and IP rules.`,
  ),
  BRANCH_NOT_FOUND: entry<{ repo: string; branch: string; branches: readonly string[]; more: boolean }>(
    exit,
    ({ repo, branch }) => `${repo} has no branch ${branch}.`,
    ({ branches, more }) =>
      `It has ${branches.join(', ')}${more ? ' and others' : ''}. Correct the branch, create it first, or have it created (\`createBranch: true\`).`,
  ),
  BRANCH_BASE_NOT_FOUND: entry<{
    repo: string;
    branch: string;
    base: string | undefined;
    branches: readonly string[];
    more: boolean;
  }>(
    exit,
    ({ repo, branch, base }) =>
      `${repo} has no branch ${branch}, and ${base === undefined ? 'no default branch' : `no ${base}`} to make it from.`,
    ({ branches, more }) =>
      `It has ${branches.join(', ')}${more ? ' and others' : ''}. Name one of them: \`createBranch: { from: ${branches[0] ?? 'main'} }\`.`,
  ),
  REPO_EMPTY: entry<{ repo: string; branch: string }>(
    exit,
    ({ repo }) => `${repo} has no commit yet.`,
    ({ branch }) => `Push a first commit with the values file to ${branch}.`,
  ),
  FILE_NOT_FOUND: entry<{ file: string; folder: string; nearest: readonly string[] }>(
    exit,
    ({ file, folder }) =>
      `The config repo has no ${file}: nothing of that name in ${folder === '' ? 'its root' : folder}.`,
    ({ nearest }) =>
      nearest.length === 0
        ? 'The folder is empty. Correct the path.'
        : `There is ${nearest.join(', ')}. Correct the path.`,
  ),
  FILE_IS_FOLDER: entry<{ file: string }>(exit, ({ file }) => `${file} is a folder.`, 'Name the file in it.'),
  FILE_IS_SYMLINK: entry<{ file: string; at: string }>(
    exit,
    ({ file, at }) => `${at === file ? file : `${at}, on the way to ${file},`} is a symbolic link.`,
    'Name the file that the link points to.',
  ),
  FILE_IS_SUBMODULE: entry<{ file: string; at: string }>(
    exit,
    ({ file, at }) => `${at === file ? file : `${at}, on the way to ${file},`} is a submodule: another repository.`,
    'Deliver to that repository instead.',
  ),
  PUSH_DENIED: entry<{ repo: string; branch: string }>(
    exit,
    ({ repo, branch }) => `${repo} refused the commit on ${branch}, and not because someone else was faster.`,
    'Its own words say why. A protected branch takes commits only from those on its bypass list: add this token or App, or deliver to another branch.',
  ),
  LAND_TIMED_OUT: entry<{ repo: string; branch: string; attempts: number; seconds: number }>(
    exit,
    ({ repo, branch, attempts, seconds }) =>
      `Others were faster on ${branch} of ${repo} each time: ${attempts} ${attempts === 1 ? 'push' : 'pushes'} in ${seconds} s.`,
    'Nothing was written. Run again, or spread the deliveries over more branches or repositories.',
  ),
  GIT_UNREACHABLE: entry<{ repo: string }>(
    exit,
    ({ repo }) => `No connection to ${repo}.`,
    "Check the host's name, the network and the proxy variables (HTTPS_PROXY, NO_PROXY).",
  ),
  GIT_PROXY_REFUSED: proxyEntry<{ repo: string }>(exit, ({ repo }) => repo),
  GIT_TLS_FAILED: entry<{ repo: string }>(
    exit,
    ({ repo }) => `The certificate of ${repo} isn't trusted.`,
    'For a private certificate authority set TAGBOAT_CA_FILE to its PEM file.',
  ),
  GIT_TIMEOUT: entry<{ repo: string; doing: 'read' | 'push' }>(
    exit,
    ({ repo, doing }) =>
      `${repo} stopped answering while ${doing === 'push' ? 'the commit was pushed' : 'it was read'}.`,
    ({ doing }) =>
      doing === 'push'
        ? 'It may yet take the commit. Run again: what has landed is not written twice.'
        : 'Nothing was written. Run again when the host is well.',
  ),
  GIT_CUT: entry<{ repo: string; doing: 'read' | 'push' }>(
    exit,
    ({ repo, doing }) =>
      `${repo} closed the connection while ${doing === 'push' ? 'the commit was pushed' : 'it was read'}.`,
    ({ doing }) =>
      doing === 'push'
        ? 'It may yet take the commit. Run again: what has landed is not written twice.'
        : 'Nothing was written. Run again; if it stays so, look at proxies between here and the host.',
  ),
  GIT_MALFORMED: entry<{ repo: string; what: string }>(
    exit,
    ({ repo, what }) => `${repo} didn't answer as a git host does: ${what}.`,
    'Check that the URL is the one to clone from over HTTPS, and that no login page or proxy answers in its place.',
  ),
  GIT_ANSWER_TOO_LARGE: entry<{ repo: string; what: string }>(
    exit,
    ({ repo, what }) => `${repo} sent more than is taken: ${what}.`,
    'Let the host filter what it sends (git config uploadpack.allowFilter true), or use a smaller config repo.',
  ),
  GIT_SERVER_ERROR: entry<{ repo: string; status: number }>(
    exit,
    ({ repo, status }) => `${repo} has a fault of its own (${status}).`,
    "Run again later; the host's status page may say more.",
  ),
  GIT_RATE_LIMITED: entry<{ repo: string; status: number; until: string | undefined }>(
    exit,
    ({ repo, status, until }) =>
      `${repo} limits how often it is asked, and has been asked too often (${status})${until === undefined ? '' : `: until ${until}`}.`,
    ({ until }) =>
      `Run again ${until === undefined ? 'later' : 'after that'}; the limit counts all that use the same token.`,
  ),
  GIT_REFUSED: entry<{ repo: string; status: number }>(
    exit,
    ({ repo, status }) => `${repo} refused the request (${status}).`,
    "Check the URL; the host's own words say more.",
  ),
  TEMP_FOLDER_FULL: entry<{ folder: string }>(
    exit,
    ({ folder }) => `The config repo's files can't be put aside in ${folder}.`,
    'Make room there, or point TMPDIR elsewhere. A host that can filter (git config uploadpack.allowFilter true) needs no such room.',
  ),
  VIA_GITHUB_IMPOSSIBLE: entry<{ repo: string; why: string }>(
    exitCodes.config,
    ({ repo, why }) => `The commit to ${repo} can't be made by GitHub's API: ${why}.`,
    'Leave out `via: github` (--via) to push the commit by git, or give a token for a repository on GitHub.',
  ),
  PULL_REQUEST_IMPOSSIBLE: entry<{ repo: string; why: string }>(
    exitCodes.config,
    ({ repo, why }) => `No pull request can be made in ${repo}: ${why}.`,
    () =>
      'Say what the host is (`pullRequest: { host: gitea }`) and give a token for it, or leave out `via: pullRequest` to push to the branch itself.',
  ),
  PULL_REQUEST_REFUSED: entry<{
    repo: string;
    doing: string;
    status: number | undefined;
    with: string | undefined;
    /** The host's limit of requests is spent, and starts anew in this time, where it says so. */
    limited: boolean;
    waitSeconds: number | undefined;
  }>(
    exit,
    ({ repo, doing, status }) => `${repo} didn't ${doing}${status === undefined ? '' : ` (${status})`}.`,
    ({ status, doing, limited, waitSeconds, with: label = 'the token' }) => {
      if (limited) {
        const when = waitSeconds === undefined ? 'later' : `in ${Math.ceil(waitSeconds / 60)} min`;
        return `Run again ${when}: the limit counts all that use the same token.`;
      }
      if (status === 401) return `Renew ${label}: the host's API doesn't know it.`;
      if (status === 403 || status === 404)
        return `Give ${label} the right to write pull requests there (GitHub: pull-requests: write; GitLab: api, Developer; Gitea: write:repository, write:issue), and look at the branch's rules.`;
      if (doing.startsWith('merge '))
        return 'The pull request stays open. Look at the reviews and checks that its branch requires, at conflicts, and whether the repository allows this merge and merging later by itself; or leave out `autoMerge`.';
      return "The host's own words say more; run again when that is mended: what is there already is brought up to date, not made twice.";
    },
  ),
  PULL_REQUEST_CLOSED: entry<{ repo: string; url: string }>(
    exit,
    ({ repo, url }) => `${url} was closed without being merged, so nothing of it is in ${repo}.`,
    () => 'Open it again, or run again: the values are proposed anew.',
  ),
  MERGE_TIMED_OUT: entry<{ repo: string; branch: string; url: string; seconds: number; conflicts: boolean }>(
    exitCodes.timedOut,
    ({ url, branch, seconds, conflicts }) =>
      `${url} wasn't merged within ${seconds} s${conflicts ? `: its host says that it conflicts with ${branch}` : ''}.`,
    ({ conflicts }) =>
      conflicts
        ? 'It stays open. Run again: what is ours alone is made anew on the tip. Or mend the conflict on its branch.'
        : 'It stays open. Run again once it is merged, or give --wait-merge more time.',
  ),
  MERGE_CHANGED: entry<{ repo: string; branch: string; url: string }>(
    exit,
    ({ url, branch }) => `${url} is merged, and ${branch} doesn't have the values that it proposed.`,
    () => 'Look at what was merged: somebody changed them on the way, or since. Run again to propose them anew.',
  ),
  PULL_REQUEST_HEAD_TAKEN: entry<{ repo: string; head: string; by: string }>(
    exitCodes.config,
    ({ repo, head, by }) => `The branch ${head} of ${repo} is what ${by} proposes.`,
    () => 'Give this delivery a branch of its own: `pullRequest: { head: tagboat/shop-production }`.',
  ),
} as const;
