import { entry, exitCodes } from './codes.ts';

/** What is wrong with how Tagboat was called, and with the app repo it was called in. */
export const entryErrors = {
  USAGE: entry<{ problem: string; command: string | undefined }>(
    exitCodes.config,
    ({ problem }) => problem,
    ({ command }) => `See \`tagboat ${command === undefined ? '' : `${command} `}--help\`.`,
  ),
  CONFIG_MISSING: entry<{ looked: readonly string[]; dir: string }>(
    exitCodes.config,
    ({ looked, dir }) => `There is no ${looked.join(' or ')} in ${dir}.`,
    'Write one (`tagboat init`), name another with --config FILE, or use `tagboat commit --repo URL --set …`, which needs none.',
  ),
  CONFIG_UNREADABLE: entry<{ file: string; reason: string }>(
    exitCodes.config,
    ({ file, reason }) => `${file} can't be read: ${reason}.`,
    'Check the name after --config, and that it is a file you may read.',
  ),
  GIT_MISSING: entry<Record<never, never>>(
    exitCodes.config,
    () => 'The program `git` is not installed.',
    "Install it (Debian: `apt-get install git`). Tagboat reads the app repo's commit with it.",
  ),
  SOURCE_DIR_MISSING: entry<{ dir: string }>(
    exitCodes.config,
    ({ dir }) => `There is no folder ${dir}.`,
    'Check the path after --app.',
  ),
  SOURCE_NOT_A_REPO: entry<{ dir: string }>(
    exitCodes.config,
    ({ dir }) => `${dir} is not inside a git repository.`,
    'Run in a checkout of the app repo, or name it with --app DIR. In Actions, actions/checkout must come first.',
  ),
  SOURCE_EMPTY: entry<{ dir: string }>(
    exitCodes.config,
    ({ dir }) => `The repository in ${dir} has no commit yet.`,
    'Commit something first: images are tagged with the commit they are built from.',
  ),
  SOURCE_NOT_TRUSTED: entry<{ dir: string }>(
    exitCodes.config,
    ({ dir }) => `git refuses to read ${dir}: it belongs to another user.`,
    ({ dir }) => `If you trust it: \`git config --global --add safe.directory ${dir}\`.`,
  ),
  SOURCE_FOREIGN: entry<{ commit: string; expected: string; event: string }>(
    exitCodes.config,
    ({ commit, expected, event }) =>
      `The job was started by ${event} and is of commit ${expected}, but ${commit} is checked out, which may be a fork's: it is not shipped with this repository's secrets.`,
    'Ship what was merged, on push. A job of pull_request builds a proposal without secrets; one of workflow_run may check out commits of this repository.',
  ),
  SOURCE_FROM_FORK: entry<{ number: number }>(
    exitCodes.config,
    ({ number }) =>
      `The run is of pull request ${number}, which is a fork's, or nothing says that it isn't: it is not shipped.`,
    'Ship what was merged, on push. `tagboat plan` shows what the merge would do.',
  ),
  SOURCE_REF_ELSEWHERE: entry<{ ref: string; commit: string; head: string }>(
    exitCodes.config,
    ({ ref, commit, head }) => `${ref} is of commit ${commit}, and ${head} is checked out.`,
    ({ ref }) => `Check it out (\`git checkout ${ref}\`), or say which ref the checked out commit is of.`,
  ),
  NOTHING_TO_DELIVER: entry<{ told: string; takes: readonly string[] }>(
    exitCodes.config,
    ({ told, takes }) => `Nothing is delivered: ${told}. Looked for ${takes.join(', ')}.`,
    'Check out the branch itself (`git switch`), say with --ref what the commit is of (refs/heads/main, refs/tags/v1.2.0), or --allow-nothing if nothing is to be delivered.',
  ),
  GIT_TAG_NOT_TAKEN: entry<{ tag: string; takes: readonly string[] }>(
    exitCodes.config,
    ({ tag, takes }) => `No delivery takes the git tag ${tag}. They take ${takes.join(', ')}.`,
    'Name it in a delivery, `from: { tags: ["v*"] }`, or say --allow-nothing if nothing is to be delivered.',
  ),
  GIT_TAG_NO_RELEASE: entry<{ tag: string; delivery: string }>(
    exitCodes.config,
    ({ tag, delivery }) => `The git tag ${tag} is no release such as v1.2.0, and ${delivery} has \`order: semver\`.`,
    "Narrow the delivery's `from.tags` to releases, such as v*.*.*, or leave `order` out.",
  ),
  VALUE_OF_NO_IMAGE: entry<{ delivery: string; file: string; path: string; value: string }>(
    exitCodes.config,
    ({ delivery, file, path, value }) =>
      `${delivery} sets ${path} in ${file} to ${value}, and nothing says of which image that is: with --image it can't be told whether it is to change.`,
    'Name the image in the value, such as {tag.NAME}, or run it for all images.',
  ),
  PULL_REQUEST_NOT_TAKEN: entry<{ number: number; takes: readonly string[] }>(
    exitCodes.config,
    ({ number, takes }) =>
      `The run is of pull request ${number}, and no delivery takes pull requests. They take ${takes.join(', ')}.`,
    'Ship what was merged, on push; `tagboat plan` shows what the merge would do. A delivery takes pull requests by `from: { pullRequests: true }`. --allow-nothing ends well without one.',
  ),
  SOURCE_UNREADABLE: entry<{ dir: string }>(
    exitCodes.config,
    ({ dir }) => `git can't read the repository in ${dir}.`,
    ({ dir }) => `Try \`git -C ${dir} log -1\` and repair what it reports.`,
  ),
  EDIT_FILE_UNREADABLE: entry<{ file: string; reason: string }>(
    exitCodes.configRepo,
    ({ file, reason }) => `${file} can't be read: ${reason}.`,
    'Check the path; it is taken from the current folder.',
  ),
  EDIT_NOT_WRITTEN: entry<{ file: string; reason: string }>(
    exitCodes.configRepo,
    ({ file, reason }) => `${file} can't be written: ${reason}. It is as it was.`,
    "Check the folder's permissions, the free space and the limits of this shell (`ulimit -a`).",
  ),
  SETUP_UNFIT: entry<{ errors: number; warnings: number }>(
    exitCodes.config,
    ({ errors, warnings }) =>
      `${errors === 1 ? 'One thing keeps' : `${errors} things keep`} this set-up from working${warnings === 0 ? '' : `, and ${warnings} more deserve a look`}.`,
    'Each stands above, with its place and what to do about it. `tagboat doctor --fix` mends what is safe to mend.',
  ),
  MIGRATE_FILE_UNREADABLE: entry<{ file: string; reason: string }>(
    exitCodes.config,
    ({ file, reason }) => `${file} can't be read: ${reason}.`,
    'Name workflows by their paths: .github/workflows/deploy.yml, or .gitlab-ci.yml.',
  ),
  MIGRATE_FILE_INVALID: entry<{ file: string; why: string }>(
    exitCodes.config,
    ({ file, why }) => `${file} isn't valid YAML: ${why}`,
    'Mend it first: what a CI makes of such a file is not what stands there. Tabs can never indent YAML.',
  ),
  INIT_WITHOUT_IMAGES: entry<{ dir: string }>(
    exitCodes.config,
    ({ dir }) => `There is no Dockerfile, compose file or bake file in ${dir}.`,
    'Run in the app repo, or name it with --app DIR. `git ls-files` must list the Dockerfile.',
  ),
  INIT_FILE_EXISTS: entry<{ file: string }>(
    exitCodes.config,
    ({ file }) => `${file} is there already and would be another one.`,
    'The diff is above. Say --force to replace it; nothing was written.',
  ),
  DEMO_APP_WITHOUT_IMAGES: entry<{ dir: string }>(
    exitCodes.config,
    ({ dir }) => `Neither a tagboat.yaml nor a Dockerfile is in ${dir}.`,
    'Point --app at the checkout of an app that has one.',
  ),
  INTERRUPTED: entry<{ signal: string }>(
    exitCodes.interrupted,
    ({ signal }) => `Interrupted by ${signal}.`,
    'Nothing is half done: run the same command again.',
  ),
  MACHINE_LIMIT: entry<{ what: string }>(
    exitCodes.config,
    ({ what }) => `This machine gives the run no more: ${what}.`,
    'Raise the limit that is named (`ulimit -a` shows them), or give the job a larger machine.',
  ),
} as const;

/** What a system error says about the machine, by its code. It is never a fault in Tagboat. */
export const machineLimits: Readonly<Record<string, string>> = {
  EFBIG: 'a file would be larger than is allowed (ulimit -f)',
  EMFILE: 'too many files are open (ulimit -n)',
  ENFILE: 'too many files are open on this machine',
  EAGAIN: 'no more processes or threads can be started (ulimit -u)',
  ENOMEM: 'there is no memory left',
  ENOSPC: 'no space is left on a disk',
  EDQUOT: 'no more space on a disk is allowed',
  EROFS: 'a disk can only be read',
  EIO: 'a disk has an error',
};
