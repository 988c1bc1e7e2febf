import { Option } from 'commander';
import { collectOption } from './option-words.ts';
import type { Adding } from './program-state.ts';

/** The commands that bring Tagboat into a repository. */
export function addAdoptionCommands({ add, run, common }: Adding): void {
  add(
    'init',
    'Set a repository up: writes tagboat.yaml and the pipeline, from what is found and what you say.',
    `tagboat init                                            # asks
tagboat init --yes --config-repo acme/config --place 'shop/values.yaml:.image.tag'
tagboat init --config-dir ../config --check              # offers the places of a checkout; shows the diff alone
tagboat init --yes --with config-repo --layout kustomize # and a config repo to begin with, in ./config-repo
tagboat init --yes --with aws --account 123456789012 --region eu-west-1 --as terraform
tagboat init --ci gitlab

Nothing that is there is replaced unasked: the diff is shown, and --force, or a yes, replaces it.`,
  )
    .option('--registry <host/path>', "where images are pushed (default: the host's own, or what a pipeline here uses)")
    .option('--from <branch>', 'the branch that is delivered (default: the one of origin)')
    .option('--config-repo <repo>', 'the config repo, owner/name or URL')
    .option('--config-branch <name>', 'its branch (default: main)')
    .option(
      '--config-dir <dir>',
      'a checkout of it, to find the places in; with --with config-repo, where it is written',
    )
    .option('--place <file:path>', 'a value that a delivery sets; may be given again', collectOption, [])
    .option('--application <name>', 'the Argo CD application to wait for, with --argocd')
    .option('--argocd <url>', "Argo CD's API")
    .addOption(new Option('--ci <which>', 'whose pipeline (default: by origin)').choices(['github', 'gitlab']))
    .addOption(new Option('--with <what...>', 'write these too').choices(['config-repo', 'aws']).default([]))
    .addOption(new Option('--layout <which>', 'of the config repo').choices(['helm', 'kustomize']).default('helm'))
    .addOption(
      new Option('--as <form>', 'how the part on AWS is written')
        .choices(['cloudformation', 'terraform', 'cli'])
        .default('cloudformation'),
    )
    .option('--gitlab <url>', "GitLab's own address, where it lies in a folder or SSH has another host")
    .option('--account <id>', 'the AWS account')
    .option('--region <name>', 'its region')
    .option('--role <name>', "the role's name", 'tagboat')
    .option('-y, --yes', 'ask nothing', false)
    .option('--check', 'show the diff and write nothing', false)
    .option('--force', 'replace files that are there', false)
    .action(async (options) =>
      run('init', common(), async () => (await import('../commands/adopt/init.ts')).init(common(), options)),
    );

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
        (await import('../commands/adopt/migrate.ts')).migrate(common(), workflows, options),
      ),
    );
}
