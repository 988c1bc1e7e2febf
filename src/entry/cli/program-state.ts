import type { Command } from 'commander';
import type { CommonOptions } from '../run/options.ts';
import type { Body } from '../run/session.ts';
import { collectOption, deliveryHelp, forceHelp, queueHelp, waitMergeHelp } from './option-words.ts';

/** Runs one command; its code is loaded only now. */
export type RunCommand = (command: string, options: CommonOptions, load: () => Promise<Body>) => Promise<void>;

/** What the program's own file has to add commands with. */
export interface Adding {
  readonly add: (name: string, description: string, example: string) => Command;
  readonly run: RunCommand;
  readonly common: () => CommonOptions;
}

/** The commands about what stands in a config repo: held, let go, put back, taken on, or waiting in its queue. */
export function addStateCommands({ add, run, common }: Adding): void {
  const target = (command: Command): Command =>
    command
      .option('--repo <url>', 'the config repo; then no config file is read')
      .option('--branch <name>', 'its branch, with --repo (default: main)');

  target(
    add(
      'hold',
      'Keep values as they are: later runs end as held, and say who wants it and why.',
      `tagboat hold main --why 'the new checkout loses orders' --until 2d
tagboat hold --repo acme/config --path 'main/values.yaml:.front.imageTag' --why 'load test'`,
    ),
  )
    .argument('[delivery]', 'a delivery of the config: all that it sets (default: the only one there is)')
    .option('--path <file:path>', 'this value alone; may be given again', collectOption, [])
    .option('--why <text>', 'the reason, for whoever meets the hold')
    .option('--until <when>', 'when it ends by itself: 12h, 7d, 2030-01-31 (default: when it is released)')
    .option('--by <who>', "who wants it so (default: the job's actor, or git's own user)")
    .option('--no-queue', queueHelp)
    .action(async (name: string | undefined, options) =>
      run('hold', common(), async () => (await import('../commands/hold.ts')).hold(common(), name, options)),
    );

  target(
    add(
      'unhold',
      'End holds, so that runs may set the values again.',
      `tagboat unhold main
tagboat unhold --repo acme/config --path 'main/values.yaml:.front.imageTag'`,
    ),
  )
    .alias('release')
    .argument('[delivery]', 'a delivery of the config: all that it sets (default: the only one there is)')
    .option('--path <file:path>', 'this value alone; may be given again', collectOption, [])
    .option('--why <text>', 'the reason, for the commit message')
    .option(
      '--repair',
      "make a file of holds that can't be read sound again: what of it is a hold stays, the rest goes",
      false,
    )
    .option('--no-queue', queueHelp)
    .action(async (name: string | undefined, options) =>
      run('unhold', common(), async () => (await import('../commands/hold.ts')).unhold(common(), name, options)),
    );

  target(
    add(
      'holds',
      'List what is held in the config repos: by whom, why and until when.',
      `tagboat holds
tagboat holds --json
tagboat holds --repo acme/config --branch production`,
    ),
  )
    .argument('[delivery]', 'a delivery of the config: all that is held on its branch (default: all)')
    .action(async (name: string | undefined, options) =>
      run('holds', common(), async () => (await import('../commands/holds.ts')).holds(common(), name, options)),
    );

  target(
    add(
      'rollback',
      'Put earlier values back and hold them, then wait for the verdict as after any delivery.',
      `tagboat rollback main --why 'the new checkout loses orders'
tagboat rollback main --to 5f0c1a7e9d… --until 2d
tagboat rollback --repo acme/config --path 'main/values.yaml:.front.imageTag'`,
    ),
  )
    .argument('[delivery]', 'a delivery of the config: all that it sets (default: the only one there is)')
    .option('--to <commit>', "previous, a commit of the config branch, or the app repo's commit delivered", 'previous')
    .option('--path <file:path>', 'this value alone; may be given again', collectOption, [])
    .option('--why <text>', 'the reason, for the commit and for whoever meets the hold')
    .option('--until <when>', 'when the hold ends by itself: 12h, 7d, 2030-01-31 (default: when it is released)')
    .option('--by <who>', "who wants it so (default: the job's actor, or git's own user)")
    .option('--force', 'cross values that were set by hand', false)
    .option('--wait-merge <time>', waitMergeHelp)
    .action(async (name: string | undefined, options) =>
      run('rollback', common(), async () =>
        (await import('../commands/rollback.ts')).rollback(common(), name, options),
      ),
    );

  add(
    'promote',
    "Set other deliveries' values to those that the first one has now, or whatever is due. Builds nothing.",
    `tagboat promote staging production
tagboat promote staging production --check
tagboat promote staging production --image cart --why 'tested over the weekend'
tagboat promote staging --all
tagboat promote --due --check
tagboat promote --due`,
  )
    .argument(
      '[names...]',
      'the delivery whose values are taken, and those that get them; with --due only these (default: all)',
    )
    .option(
      '--due',
      'promote what has been there for long enough and is healthy, by after, soak, windows and freeze',
      false,
    )
    .option('--all', 'to every delivery whose after is the first one', false)
    .option('--image <name>', "only this image's values; may be given again", collectOption, [])
    .option('--why <text>', 'the reason, for the commit message')
    .option('--check', 'show which place gets whose value, and the diff; write nothing', false)
    .option('--force', forceHelp, false)
    .option('--wait-merge <time>', waitMergeHelp)
    .action(async (names: string[], options) =>
      run('promote', common(), async () =>
        (await import('../commands/promote/promote.ts')).promote({ ...common(), image: options.image }, names, options),
      ),
    );

  add(
    'retire',
    'Remove what deliveries wrote for a pull request (write:), once it is closed.',
    `tagboat retire --pr 7
tagboat retire --pr 7 --delivery previews --json`,
  )
    .option('--pr <number>', "the pull request's number (default: that of the job)")
    .option('--delivery <name>', deliveryHelp, collectOption, [])
    .option('--force', 'remove what others wrote or changed too, and whatever it is from', false)
    .action(async ({ delivery, ...options }: { delivery: string[]; pr?: string; force: boolean }) => {
      const asked = { ...common(), delivery: delivery.length === 0 ? undefined : delivery };
      return run('retire', asked, async () => (await import('../commands/retire.ts')).retire(asked, options));
    });

  target(
    add(
      'queue',
      "List what waits in the config repos' queues to be landed.",
      `tagboat queue
tagboat queue --repo acme/config --json`,
    ),
  )
    .argument('[delivery]', 'a delivery of the config (default: all)')
    .action(async (name: string | undefined, options) =>
      run('queue', common(), async () => (await import('../commands/queue.ts')).queue(common(), name, options)),
    );
}
