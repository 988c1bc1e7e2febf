import type { Adding } from './program-state.ts';

/** The commands that only look: at the config file, and at all that a run needs. */
export function addLookingCommands({ add, run, common }: Adding): void {
  add(
    'validate',
    'Check the config file and tell all its mistakes. Asks nobody; variables that it names need not be set.',
    `tagboat validate
tagboat validate --config deploy/tagboat.yaml
tagboat validate --json`,
  ).action(async () =>
    run('validate', common(), async () => (await import('../doctor/validate.ts')).validate(common())),
  );

  add(
    'doctor',
    'Look at a set-up and tell all that is wrong with it, each with its place and what to do.',
    `tagboat doctor                               # all that a run needs, without writing anything
tagboat doctor --offline                     # ask nobody: config, workflows, Dockerfiles
tagboat doctor --fix
tagboat doctor --json
tagboat doctor --host                        # what the config repos' hosts allow
tagboat doctor --trust-policy trust.json     # who may assume the role
tagboat doctor --trust-policy trust.json --repo acme/shop --ref main
tagboat doctor --trust-policy trust.json --repo acme/shop --environment production
tagboat doctor --trust-policy trust.json --claims claims.json --json
aws iam get-role --role-name deliver > role.json && tagboat doctor --trust-policy role.json`,
  )
    .option(
      '--trust-policy <file>',
      'judge this trust policy of an IAM role alone: as JSON, or what `aws iam get-role` prints',
    )
    .option('--fix', 'mend what is safe to mend: rights of the workflow, .dockerignore, the schema line', false)
    .option(
      '--host',
      "ask the config repos' hosts what they allow, and nothing else: makes two refs of its own there and removes them",
      false,
    )
    .option('--offline', 'look at files alone and ask nobody', false)
    .option('--claims <file>', 'with it, the claims of the token to judge: a JSON map, or a token')
    .option('--repo <owner/name>', 'with it, the repository whose job asks for the role (owner@id/name@id too)')
    .option(
      '--ref <ref>',
      "with --repo, the job's branch or ref: main, refs/tags/v1, refs/pull/5/merge (default: main)",
    )
    .option('--environment <name>', "with --repo, the job's environment")
    .option('--audience <aud>', "with --repo, the token's audience (default: sts.amazonaws.com)")
    .option('--role <arn>', "the role's ARN, to hold its account against the policy's")
    .action(async (options) =>
      run('doctor', common(), async () => (await import('../doctor/doctor.ts')).doctor(common(), options)),
    );
}
