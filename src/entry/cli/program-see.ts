import { Option } from 'commander';
import { wholeNumber } from './option-words.ts';
import type { Adding } from './program-state.ts';

/** The commands that read what was delivered: they ask git hosts, and others where they can be asked. They write nothing. */
export function addSeeingCommands({ add, run, common }: Adding): void {
  add(
    'where',
    'Show where a commit is: its images, and each environment, since when and whether it is healthy, or what is in the way.',
    `tagboat where
tagboat where 5f0c1a7
tagboat where v1.4.0
tagboat where '#128'                            # a pull request
tagboat where ghcr.io/acme/shop:5f0c1a7e9d… --json`,
  )
    .argument('[what]', "a commit, tag, branch, image, or pull request (default: the checkout's commit)")
    .action(async (what: string | undefined) =>
      run('where', common(), async () => (await import('../commands/see/where.ts')).where(common(), what)),
    );

  add(
    'status',
    'Show what each service is in each environment: its commit, since when, by whom, how far behind, held, healthy.',
    'tagboat status\ntagboat status production\ntagboat status front --json',
  )
    .argument('[name]', 'a delivery of the config, or a service (default: all)')
    .action(async (name: string | undefined) =>
      run('status', common(), async () => (await import('../commands/see/status.ts')).status(common(), name)),
    );

  add(
    'history',
    'Show what was delivered, put back, held and changed by hand: who, what, when, and how long it took.',
    `tagboat history
tagboat history production --since 14d
tagboat history front --limit 5
tagboat history --since 2026-01-01 --format csv > deliveries.csv
tagboat history --repo acme/config --branch production --json`,
  )
    .argument('[name]', 'a delivery of the config, or a service (default: all)')
    .option('--since <when>', 'no older than this: 12h, 14d, 2026-01-31')
    .addOption(
      new Option('--limit <n>', 'entries at most (default: 20; 1000 with --since)').argParser((text) =>
        wholeNumber(text, 1),
      ),
    )
    .addOption(new Option('--format <form>', 'how it is printed').choices(['table', 'csv']).default('table'))
    .option('--repo <url>', 'the config repo; then no config file is read')
    .option('--branch <name>', 'its branch, with --repo (default: main)')
    .action(async (name: string | undefined, options) =>
      run('history', common(), async () =>
        (await import('../commands/see/history.ts')).history(common(), name, options),
      ),
    );

  add(
    'ui',
    'Show all of it in a browser: what is where, deliveries over time, the four DORA measures, a commit on its way.',
    `tagboat ui
tagboat ui --port 4646 --no-open
tagboat ui --export site                        # the same as files, for a web server or to be opened as they are
tagboat ui --allow-writes
tagboat ship --json | tee run.jsonl             # a run that is saved …
tagboat ui --run run.jsonl                      # … is shown as it goes on, or replayed when it is over`,
  )
    .addOption(
      new Option('--port <n>', 'the port on loopback (default: any that is free)').argParser((text) =>
        wholeNumber(text, 1),
      ),
    )
    .option('--no-open', 'open no browser')
    .option('--export <dir>', 'write it as files to this folder instead, which need no server')
    .option('--allow-writes', 'let the page roll back, promote, hold and release, each after its diff was shown', false)
    .option('--run <file>', 'show a run by what its --json prints, as the file grows; - for standard input')
    .action(async (options) => run('ui', common(), async () => (await import('../ui/ui.ts')).ui(common(), options)));
}
