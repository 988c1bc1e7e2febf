import { Argument, Command, Option } from 'commander';
import { usageError } from '../../errors.ts';
import type { CommonOptions } from '../run/options.ts';
import { version } from '../run/version.ts';
import {
  allowNothingHelp,
  collectOption,
  deliveryHelp,
  forceHelp,
  imageHelp,
  onlyImageHelp,
  queueHelp,
  rebuildHelp,
  refHelp,
  waitMergeHelp,
  wholeNumber,
} from './option-words.ts';
import { addAdoptionCommands } from './program-adopt.ts';
import { addLookingCommands } from './program-doctor.ts';
import { addSeeingCommands } from './program-see.ts';
import { addStateCommands, type RunCommand } from './program-state.ts';
import { refuseIgnoredOptions } from './refuse-options.ts';

const images = 3;

/** The command line: what there is to call, and nothing of what it does. */
export function createProgram(run: RunCommand): Command {
  const program = new Command('tagboat')
    .description('One step from a pushed commit to a config commit that is healthy in Argo CD.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help, with examples')
    .helpCommand('help [command]', 'show help for a command')
    .configureHelp({ showGlobalOptions: true })
    .option('--json', 'one JSON event a line on stdout, the last one the result', false)
    .option('--config <file>', 'the config file (default: tagboat.yaml in the app repo)')
    .option('--app <dir>', "the app repo's folder (default: the current one)")
    .addOption(
      new Option('--jobs <n>', 'images built at the same time')
        .default(images)
        .argParser((text) => wholeNumber(text, 1)),
    )
    .option('-q, --quiet', 'tell nothing but warnings and errors', false)
    .option('-v, --verbose', 'tell each request, child process and decision on stderr', false)
    .option('--debug', 'the same, and where an error comes from (RUNNER_DEBUG=1 does it too)', false)
    .option('--otlp <url>', 'send traces and metrics there (OTEL_EXPORTER_OTLP_ENDPOINT does the same)')
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .addHelpText('after', exitCodeHelp);

  const common = (): CommonOptions => program.opts<CommonOptions>();
  const add = (name: string, description: string, example: string): Command =>
    program
      .command(name)
      .description(description)
      .addHelpText('after', `\nExamples:\n${indented(example)}`);

  /** What the whole command line says of what is to be done. */
  const partly = (
    options: { ref?: string; branch?: string; delivery?: string[]; image?: string[] },
    isPlain = true,
  ): CommonOptions => {
    const { ref, branch, delivery = [], image = [] } = options;
    if (isPlain && ref !== undefined && branch !== undefined)
      throw usageError('--ref and --branch both say what the commit is of.');
    const some = (names: string[]) => (names.length === 0 ? undefined : names);
    const said = isPlain && branch !== undefined ? `refs/heads/${branch}` : ref;
    return { ...common(), ref: said, delivery: some(delivery), image };
  };

  add(
    'ship',
    'Build what the config names, push it, and commit its tag to the config repo.',
    'tagboat ship\ntagboat ship --json --jobs 2\ntagboat ship --force   # over a value from another branch, this once\ntagboat ship --rebuild # whatever is there already\ntagboat ship --delivery dev --image cart\ntagboat ship --ref refs/tags/v1.2.0   # where nothing else says so',
  )
    .option('--rebuild', rebuildHelp, false)
    .option('--force', forceHelp, false)
    .option('--no-queue', queueHelp)
    .option('--allow-nothing', allowNothingHelp, false)
    .option('--wait-merge <time>', waitMergeHelp)
    .action(async (options) =>
      run('ship', common(), async () => (await import('../commands/ship.ts')).ship(partly(options), options)),
    );

  add('build', 'Build and push the images; commit nothing.', 'tagboat build\ntagboat build --jobs 1 --rebuild')
    .option('--rebuild', rebuildHelp, false)
    .action(async (options) =>
      run('build', common(), async () => (await import('../commands/build.ts')).build(partly(options), options)),
    );

  add(
    'commit',
    'Commit values to the config repo, without cloning it: what the config names, or what --set says.',
    `tagboat commit
tagboat commit --repo https://github.com/acme/config --branch main \\
  --set 'main/values.yaml:.front.imageTag=3f2c1d0'
tagboat commit --repo acme/config --via pullRequest --set 'main/values.yaml:.front.imageTag=3f2c1d0'`,
  )
    .option('--repo <url>', 'the config repo; then no config file is read')
    .option('--branch <name>', 'its branch', 'main')
    .option(
      '--set <file:path=value>',
      'a value to set, := for a number, true, false or a JSON text; may be given again',
      collectOption,
      [],
    )
    .option('--message <text>', 'the commit message')
    .option('--author <who>', 'its author, as `Name <mail>`')
    .option('--create', 'create paths that are missing', false)
    .addOption(
      new Option('--allow <what...>', 'let values change aliases of theirs too, or stand beside a digest').choices([
        'aliases',
        'digest',
      ]),
    )
    .option('--force', forceHelp, false)
    .option('--no-queue', queueHelp)
    .option('--allow-nothing', allowNothingHelp, false)
    .option('--wait-merge <time>', waitMergeHelp)
    .addOption(
      new Option(
        '--via <way>',
        "how the commit is made: git pushes it, github has GitHub's API make and sign it, auto does that where it can, pullRequest proposes it",
      )
        .choices(['git', 'github', 'auto', 'pullRequest'])
        .default('git'),
    )
    .action(async (options) =>
      run('commit', common(), async () =>
        (await import('../commands/commit.ts')).commit(partly(options, false), options),
      ),
    );

  addStateCommands({ add, run, common });

  add(
    'wait',
    'Wait until Argo CD has a config commit live and healthy, or say why it is not.',
    `tagboat wait
tagboat wait --commit 5f0c1a7e… --timeout 20m
tagboat wait --server https://argocd.example.com --repo acme/config --application shop`,
  )
    .option('--commit <id>', "the config commit's whole id (default: the branch's tip)")
    .option('--application <name>', 'the application, or namespace/name; may be given again', collectOption, [])
    .option('--timeout <time>', 'how long to wait at most: 90s, 10m, 1h (default: argocd.timeout, 15m)')
    .option('--sync', 'sync applications that wait for somebody to do it', false)
    .option('--server <url>', "Argo CD's API; with --repo, no config file is read")
    .option('--ca <file>', "PEM file of the certificate authority behind Argo CD's API")
    .option('--insecure', 'take any certificate of it; told at each run', false)
    .option('--repo <url>', 'the config repo')
    .option('--branch <name>', 'its branch', 'main')
    .action(async (options) =>
      run('wait', common(), async () => (await import('../commands/wait.ts')).wait(common(), options)),
    );

  add(
    'plan',
    'Show what ship would build and the exact diff it would commit. Nothing is written anywhere.',
    'tagboat plan\ntagboat plan --json > plan.jsonl\ntagboat plan --explain app   # which inputs of app changed\ntagboat plan --render        # what becomes of the manifests\ntagboat plan --comment       # in a job of a pull request: as one comment',
  )
    .option('--explain [image]', 'show which inputs of an image, or of all, changed since it was last built')
    .option('--render', 'show what becomes of the manifests, by helm or kustomize (default: on a pull request)')
    .option('--no-render', 'leave the manifests alone')
    .option('--comment', 'put the plan on its pull request, as one comment that later runs bring up to date', false)
    .action(async (options) =>
      run('plan', common(), async () => (await import('../commands/plan.ts')).plan(partly(options), options)),
    );

  addSeeingCommands({ add, run, common });
  addLookingCommands({ add, run, common });

  add(
    'edit',
    'Set values in local files; every other byte stays.',
    `tagboat edit main/values.yaml '.front.imageTag=3f2c1d0'
tagboat edit main/values.yaml '.front.imageTag=3f2c1d0' '.front.replicas=3' --check`,
  )
    .argument('<file>', 'a YAML, JSON, TOML, .env, .properties or .tfvars file')
    .argument('<path=value...>', 'what to set; := for a number, true, false or a JSON text')
    .option('--check', 'print the diff and change nothing', false)
    .option('--create', 'create paths that are missing', false)
    .action(async (file: string, edits: string[], options) =>
      run('edit', common(), async () => (await import('../commands/edit/edit.ts')).edit(file, edits, options)),
    );

  addAdoptionCommands({ add, run, common });

  add(
    'schema',
    'Print the JSON Schema of tagboat.yaml.',
    'tagboat schema > tagboat.schema.json\ntagboat schema --events',
  )
    .option('--events', 'of the events that --json prints', false)
    .action(async (options) =>
      run('schema', common(), async () => (await import('../commands/schema.ts')).schema(options)),
    );

  add(
    'demo',
    'Show it all on this machine: git host, registry, GitHub, AWS and Argo CD on loopback. Needs no account.',
    'tagboat demo\ntagboat demo --exit\ntagboat demo --app ../my-app',
  )
    .option('--exit', 'end when the runs are over, instead of staying up to be looked at', false)
    .option('--keep', 'leave the demo folder behind', false)
    .action(async (options) =>
      run('demo', common(), async () =>
        (await import('../commands/demo.ts')).demo(common(), options, async (about) =>
          (await import('../ui/weeks.ts')).showWeeks(about),
        ),
      ),
    );

  add('completion', 'Print the completion script of a shell.', 'source <(tagboat completion bash)')
    .addArgument(new Argument('<shell>', 'whose').choices(['bash', 'zsh', 'fish', 'powershell']))
    .action(async (shell: string) => (await import('./completion.ts')).printCompletionScript(shell));

  for (const command of program.commands) {
    const name = command.name();
    if (!['ship', 'build', 'commit', 'plan'].includes(name)) continue;
    command.option('--ref <ref>', refHelp);
    const one = name === 'build' ? '<name>' : '<name[=reference]>';
    command.option(`--image ${one}`, name === 'build' ? onlyImageHelp : imageHelp, collectOption, []);
    if (name !== 'build') command.option('--delivery <name>', deliveryHelp, collectOption, []);
    if (name !== 'commit') command.option('--branch <name>', 'the same as --ref refs/heads/<name>');
    if (name === 'plan') command.option('--allow-nothing', allowNothingHelp, false);
  }
  refuseIgnoredOptions(program);
  return program;
}

const exitCodeHelp = `
Exit codes: 0 done or nothing to do, 1 a fault in Tagboat, 2 config or usage, 3 credentials, 4 build, 5 registry,
6 config repo, 7 unhealthy, 8 timed out, 130 interrupted.

Start with:
  tagboat demo           to see it work, on this machine alone
  tagboat plan           to see what ship would do, without doing it`;

function indented(lines: string): string {
  return lines
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
