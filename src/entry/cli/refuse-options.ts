import type { Command, Option } from 'commander';
import { usageError } from '../../errors.ts';
import { unusedOption } from '../run/options.ts';

/** How a run is shown: that goes with every command. */
const everywhere = ['json', 'quiet', 'color', 'verbose', 'debug', 'otlp', 'version'];

/**
 * Refuses what a command would take and ignore: an option that it does nothing with, one that is given twice where one
 * counts, and an empty value, which is what a variable that isn't set leaves. Throws USAGE when the command is about to run.
 */
export function refuseIgnoredOptions(program: Command): void {
  const times = new Map<Option, number>();
  for (const command of [program, ...program.commands]) {
    for (const option of command.options) {
      command.on(`option:${option.name()}`, (value: unknown) => {
        if (value === '') throw usageError(`${option.long} is empty; leave it out where there is nothing to say.`);
        times.set(option, (times.get(option) ?? 0) + 1);
      });
    }
  }
  program.hook('preAction', (_, command) => {
    const name = command.name();
    const given = [...times.keys()].filter((option) => !everywhere.includes(option.attributeName()));
    for (const option of given) {
      const one = option.required && !Array.isArray(option.defaultValue);
      if (one && (times.get(option) ?? 0) > 1)
        throw usageError(`${option.long} is given twice, and one alone counts.`, name);
    }
    const unused = unusedOption(
      name,
      given.map((option) => option.attributeName()),
    );
    if (unused === undefined) return;
    const flag = given.find((option) => option.attributeName() === unused.option)?.long;
    throw usageError(`${flag} ${whyUnused(name, unused.goesWith)}`, name);
  });
}

function whyUnused(command: string, goesWith: 'config' | 'repo' | undefined): string {
  if (goesWith === 'repo') return 'goes with --repo, which says where; without it the config file does.';
  if (goesWith === 'config') return 'goes with a config file, and with --repo none is read.';
  return `is nothing that ${command} does anything with.`;
}
