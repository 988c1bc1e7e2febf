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
    () =>
      'Write one (`tagboat init`), name another with --config FILE, or use `tagboat commit --repo URL --set …`, which needs none.',
  ),
  CONFIG_UNREADABLE: entry<{ file: string; reason: string }>(
    exitCodes.config,
    ({ file, reason }) => `${file} can't be read: ${reason}.`,
    () => 'Check the name after --config, and that it is a file you may read.',
  ),
  GIT_MISSING: entry<Record<never, never>>(
    exitCodes.config,
    () => 'The program `git` is not installed.',
    () => "Install it (Debian: `apt-get install git`). Tagboat reads the app repo's commit with it.",
  ),
  SOURCE_DIR_MISSING: entry<{ dir: string }>(
    exitCodes.config,
    ({ dir }) => `There is no folder ${dir}.`,
    () => 'Check the path after --app.',
  ),
  SOURCE_NOT_A_REPO: entry<{ dir: string }>(
    exitCodes.config,
    ({ dir }) => `${dir} is not inside a git repository.`,
    () => 'Run in a checkout of the app repo, or name it with --app DIR. In Actions, actions/checkout must come first.',
  ),
  SOURCE_EMPTY: entry<{ dir: string }>(
    exitCodes.config,
    ({ dir }) => `The repository in ${dir} has no commit yet.`,
    () => 'Commit something first: images are tagged with the commit they are built from.',
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
    () =>
      'Ship what was merged, on push. A job of pull_request builds a proposal without secrets; one of workflow_run may check out commits of this repository.',
  ),
  NOTHING_TO_DELIVER: entry<{ commit: string; from: readonly string[] }>(
    exitCodes.config,
    ({ commit, from }) =>
      `No branch is checked out: HEAD is detached at ${commit}, and no CI that is known here says which branch it is of. The deliveries take ${from.join(', ')}.`,
    () => 'Check out the branch itself (`git switch`), or say --allow-nothing if nothing is to be delivered.',
  ),
  SOURCE_UNREADABLE: entry<{ dir: string }>(
    exitCodes.config,
    ({ dir }) => `git can't read the repository in ${dir}.`,
    ({ dir }) => `Try \`git -C ${dir} log -1\` and repair what it reports.`,
  ),
  EDIT_FILE_UNREADABLE: entry<{ file: string; reason: string }>(
    exitCodes.configRepo,
    ({ file, reason }) => `${file} can't be read: ${reason}.`,
    () => 'Check the path; it is taken from the current folder.',
  ),
  EDIT_NOT_WRITTEN: entry<{ file: string; reason: string }>(
    exitCodes.configRepo,
    ({ file, reason }) => `${file} can't be written: ${reason}. It is as it was.`,
    () => "Check the folder's permissions, the free space and the limits of this shell (`ulimit -a`).",
  ),
  SETUP_UNFIT: entry<{ errors: number; warnings: number }>(
    exitCodes.config,
    ({ errors, warnings }) =>
      `${errors === 1 ? 'One thing keeps' : `${errors} things keep`} this set-up from working${warnings === 0 ? '' : `, and ${warnings} more deserve a look`}.`,
    () =>
      'Each stands above, with its place and what to do about it. `tagboat doctor --fix` mends what is safe to mend.',
  ),
  MIGRATE_FILE_UNREADABLE: entry<{ file: string; reason: string }>(
    exitCodes.config,
    ({ file, reason }) => `${file} can't be read: ${reason}.`,
    () => 'Name workflows by their paths: .github/workflows/deploy.yml, or .gitlab-ci.yml.',
  ),
  MIGRATE_FILE_INVALID: entry<{ file: string; why: string }>(
    exitCodes.config,
    ({ file, why }) => `${file} isn't valid YAML: ${why}`,
    () => 'Mend it first: what a CI makes of such a file is not what stands there. Tabs can never indent YAML.',
  ),
  INIT_WITHOUT_IMAGES: entry<{ dir: string }>(
    exitCodes.config,
    ({ dir }) => `There is no Dockerfile, compose file or bake file in ${dir}.`,
    () => 'Run in the app repo, or name it with --app DIR. `git ls-files` must list the Dockerfile.',
  ),
  INIT_FILE_EXISTS: entry<{ file: string }>(
    exitCodes.config,
    ({ file }) => `${file} is there already and would be another one.`,
    () => 'The diff is above. Say --force to replace it; nothing was written.',
  ),
  DEMO_APP_WITHOUT_IMAGES: entry<{ dir: string }>(
    exitCodes.config,
    ({ dir }) => `Neither a tagboat.yaml nor a Dockerfile is in ${dir}.`,
    () => 'Point --app at the checkout of an app that has one.',
  ),
  INTERRUPTED: entry<{ signal: string }>(
    exitCodes.interrupted,
    ({ signal }) => `Interrupted by ${signal}.`,
    () => 'Nothing is half done: run the same command again.',
  ),
  MACHINE_LIMIT: entry<{ what: string }>(
    exitCodes.config,
    ({ what }) => `This machine gives the run no more: ${what}.`,
    () => 'Raise the limit that is named (`ulimit -a` shows them), or give the job a larger machine.',
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
