import { entry, exitCodes } from './codes.ts';

const exit = exitCodes.configRepo;

export const configRepoErrors = {
  // The files in it: what an edit finds there.
  FILE_BINARY: entry<{ file: string; why: string }>(
    exit,
    ({ file, why }) => `${file} isn't a text file in UTF-8: ${why}.`,
    () => 'Name a YAML or JSON file, or save it as UTF-8.',
  ),
  FILE_TOO_LARGE: entry<{ file: string; size: number; limit: number }>(
    exit,
    ({ file, size, limit }) => `${file} has ${size} bytes; files are edited up to ${limit}.`,
    () => 'Move the value to a smaller values file of its own.',
  ),
  FILE_TOO_DEEP: entry<{ file: string; limit: number }>(
    exit,
    ({ file, limit }) => `${file} nests deeper than ${limit} levels, or holds more documents than are read.`,
    () => 'Move the value to a values file of its own.',
  ),
  FILE_SYNTAX_INVALID: entry<{ file: string; format: 'YAML' | 'JSON'; why: string }>(
    exit,
    ({ file, format, why }) => `${file} isn't valid ${format}: ${why}`,
    ({ format }) => `Correct the file in the config repo; nothing is edited in a file that isn't valid ${format}.`,
  ),
  CONFIG_PATH_MISSING: entry<{ file: string; path: string; why: string; nearest: string | undefined }>(
    exit,
    ({ file, path, why }) => `${file} has no ${path}: ${why}.`,
    ({ nearest }) =>
      `${nearest === undefined ? 'Correct the path' : `Did you mean ${nearest}? If not, correct the path`}, or set \`create: true\` (--create) to add it where it is missing from a map.`,
  ),
  PATH_NOT_A_SCALAR: entry<{ file: string; path: string; is: 'map' | 'list'; nearest: string | undefined }>(
    exit,
    ({ file, path, is }) => `${path} in ${file} is a ${is}, not a single value.`,
    ({ nearest }) => `Go on to the value inside it${nearest === undefined ? '.' : `, for example ${nearest}.`}`,
  ),
  PATH_IS_ALIAS: entry<{
    file: string;
    path: string;
    alias: string;
    anchor: { line: number; column: number } | undefined;
  }>(
    exit,
    ({ file, path, alias }) =>
      `${path} in ${file} comes from the alias *${alias}, so setting it would change other places too.`,
    ({ file, alias, anchor }) =>
      anchor === undefined
        ? 'Replace the alias with a value of its own.'
        : `Set the path of the anchor &${alias} at ${file}:${anchor.line}:${anchor.column} to change all of them, or give this place a value of its own.`,
  ),
  VALUE_HAS_ALIASES: entry<{ file: string; path: string; lines: readonly number[] }>(
    exit,
    ({ file, path, lines }) =>
      `${path} in ${file} is repeated by aliases on ${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}, which would change with it.`,
    () =>
      'Give those places values of their own, or say that they are to change too: `allow: [aliases]` (--allow aliases).',
  ),
  DIGEST_BESIDE_TAG: entry<{ file: string; path: string; digest: string; line: number }>(
    exit,
    ({ file, path, digest, line }) =>
      `${path} in ${file} would change nothing: ${digest} on line ${line} stands beside it, and an image is pulled by its digest.`,
    ({ digest }) =>
      `Set ${digest} too, to "{digest.NAME}" of the image, or to "" so that the tag counts. If nothing reads it: \`allow: [digest]\` (--allow digest).`,
  ),
  PATH_AMBIGUOUS: entry<{ file: string; path: string; matches: readonly string[] }>(
    exit,
    ({ file, path, matches }) => `${path} in ${file} fits ${matches.length} places: ${matches.join(', ')}.`,
    () =>
      'Say which: doc[1].path or doc[kind=Deployment].path for one document, [name=app] with more fields for one item.',
  ),
  PATH_KEY_DUPLICATE: entry<{ file: string; path: string; key: string; lines: readonly number[] }>(
    exit,
    ({ file, path, key, lines }) =>
      `${file} has the key "${key}" of ${path} ${lines.length} times in one map, on lines ${lines.join(', ')}.`,
    () => 'Readers disagree on which of them counts: keep one.',
  ),
  VALUE_SET_TWICE: entry<{ file: string; path: string; values: readonly [string, string] }>(
    exitCodes.config,
    ({ file, path, values }) =>
      `${path} in ${file} is set twice, to ${JSON.stringify(values[0])} and to ${JSON.stringify(values[1])}.`,
    () => 'Leave one of them out; one place may be spelt in two ways, such as .front.tag and ["front"].tag.',
  ),
  EDIT_REFUSED: entry<{ file: string; path: string; why: string }>(
    exit,
    ({ file, path, why }) => `${path} in ${file} can't be set without touching something else: ${why}.`,
    () => 'Write that value in the file by hand once, as a plain or quoted value; after that it can be set.',
  ),

  // What the host answers.
  GIT_URL_UNSUPPORTED: entry<{ repo: string }>(
    exitCodes.config,
    ({ repo }) => `${repo} isn't an http or https URL.`,
    () => 'Config repos are reached over HTTPS: https://host/owner/name.git, with the token in TAGBOAT_TOKEN.',
  ),
  BRANCH_NAME_INVALID: entry<{ branch: string }>(
    exitCodes.config,
    ({ branch }) => `${JSON.stringify(branch)} can't be a branch's name.`,
    () => 'Give the short name, such as main or env/prod.',
  ),
  FILE_PATH_INVALID: entry<{ file: string }>(
    exitCodes.config,
    ({ file }) => `${JSON.stringify(file)} can't be a file's path in a repository.`,
    () => "Give the path from the config repo's root with forward slashes, such as main/values.yaml.",
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
      `It has ${branches.join(', ')}${more ? ' and others' : ''}. Correct the branch, or create it first.`,
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
  FILE_IS_FOLDER: entry<{ file: string }>(
    exit,
    ({ file }) => `${file} is a folder.`,
    () => 'Name the file in it.',
  ),
  FILE_IS_SYMLINK: entry<{ file: string; at: string }>(
    exit,
    ({ file, at }) => `${at === file ? file : `${at}, on the way to ${file},`} is a symbolic link.`,
    () => 'Name the file that the link points to.',
  ),
  FILE_IS_SUBMODULE: entry<{ file: string; at: string }>(
    exit,
    ({ file, at }) => `${at === file ? file : `${at}, on the way to ${file},`} is a submodule: another repository.`,
    () => 'Deliver to that repository instead.',
  ),
  PUSH_DENIED: entry<{ repo: string; branch: string }>(
    exit,
    ({ repo, branch }) => `${repo} refused the commit on ${branch}, and not because someone else was faster.`,
    () =>
      'Its own words say why. A protected branch takes commits only from those on its bypass list: add this token or App, or deliver to another branch.',
  ),
  LAND_TIMED_OUT: entry<{ repo: string; branch: string; attempts: number; seconds: number }>(
    exit,
    ({ repo, branch, attempts, seconds }) =>
      `Others were faster on ${branch} of ${repo} each time: ${attempts} ${attempts === 1 ? 'push' : 'pushes'} in ${seconds} s.`,
    () => 'Nothing was written. Run again, or spread the deliveries over more branches or repositories.',
  ),
  GIT_UNREACHABLE: entry<{ repo: string }>(
    exit,
    ({ repo }) => `No connection to ${repo}.`,
    () => "Check the host's name, the network and the proxy variables (HTTPS_PROXY, NO_PROXY).",
  ),
  GIT_TLS_FAILED: entry<{ repo: string }>(
    exit,
    ({ repo }) => `The certificate of ${repo} isn't trusted.`,
    () => 'For a private certificate authority set TAGBOAT_CA_FILE to its PEM file.',
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
    () =>
      'Check that the URL is the one to clone from over HTTPS, and that no login page or proxy answers in its place.',
  ),
  GIT_ANSWER_TOO_LARGE: entry<{ repo: string; what: string }>(
    exit,
    ({ repo, what }) => `${repo} sent more than is taken: ${what}.`,
    () => 'Let the host filter what it sends (git config uploadpack.allowFilter true), or use a smaller config repo.',
  ),
  GIT_SERVER_ERROR: entry<{ repo: string; status: number }>(
    exit,
    ({ repo, status }) =>
      status === 429 ? `${repo} wants fewer requests just now (429).` : `${repo} has a fault of its own (${status}).`,
    ({ status }) =>
      status === 429
        ? 'Run again later; the limit counts all that use the same token.'
        : "Run again later; the host's status page may say more.",
  ),
  GIT_REFUSED: entry<{ repo: string; status: number }>(
    exit,
    ({ repo, status }) => `${repo} refused the request (${status}).`,
    () => "Check the URL; the host's own words say more.",
  ),
  TEMP_FOLDER_FULL: entry<{ folder: string }>(
    exit,
    ({ folder }) => `The config repo's files can't be put aside in ${folder}.`,
    () =>
      'Make room there, or point TMPDIR elsewhere. A host that can filter (git config uploadpack.allowFilter true) needs no such room.',
  ),
  VIA_GITHUB_IMPOSSIBLE: entry<{ repo: string; why: string }>(
    exitCodes.config,
    ({ repo, why }) => `The commit to ${repo} can't be made by GitHub's API: ${why}.`,
    () => 'Leave out `via: github` (--via) to push the commit by git, or give a token for a repository on GitHub.',
  ),
} as const;
