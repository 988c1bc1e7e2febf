import type { Adding } from './program-state.ts';

/** The commands that bring Tagboat into a repository. */
export function addAdoptionCommands({ add, run, common }: Adding): void {
  add(
    'migrate',
    'Take over workflows that build, push, edit a config repo and commit by hand: writes tagboat.yaml and the new workflow.',
    `tagboat migrate .github/workflows/deploy.yml --check   # the diff alone
tagboat migrate .github/workflows/*.yml
tagboat migrate .gitlab-ci.yml
tagboat migrate .github/workflows/deploy.yml --config-repo ../config   # where sed edits files of it
tagboat migrate .github/workflows/deploy.yml --whole-commits           # {commit} where seven digits of it are the tag

What isn't understood stays byte for byte as it is, and each step is told with its line: replaced, kept, or left and why.
With --check, exit code 2 says that something would change.`,
  )
    .argument('<workflow...>', 'workflows of GitHub Actions, or .gitlab-ci.yml')
    .option('--check', 'show the diff and write nothing', false)
    .option('--config-repo <dir>', "a checkout of the config repo, where the workflow's edits can't be told without it")
    .option(
      '--whole-commits',
      'take {commit} where the workflow takes some digits of it, which changes the tags',
      false,
    )
    .option('--force', 'replace a tagboat.yaml that is there', false)
    .action(async (workflows: string[], options) =>
      run('migrate', common(), async () =>
        (await import('../commands/migrate.ts')).migrate(common(), workflows, options),
      ),
    );
}
