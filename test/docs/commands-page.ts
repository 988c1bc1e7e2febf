import type { Command } from 'commander';
import { createProgram } from '../../src/entry/cli/program.ts';

/** What `--help` prints for a command, with its examples. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (more) => (text += more),
    getOutHelpWidth: () => 110,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}

/** Every command with its options and examples, as `--help` shows them. */
export function commandsPage(): string {
  const program = createProgram(async () => undefined);
  return [
    '# Commands',
    '',
    'What `tagboat --help` and `tagboat COMMAND --help` show. Written by `npm run reference`.',
    '',
    'Every command takes `--json` ([one event a line](events.md) on stdout, the last one the result), `--quiet`, `--help` and',
    '`--version`. An option or input that a command has no use for, the way it is called, is refused and never ignored.',
    '',
    'Secrets are taken out of all that is printed, in every encoding. The Action also tells the runner (`::add-mask::`) of those',
    "that it doesn't know yet; a `run:` step of the command line never does, since what it prints may be kept",
    '(`2>&1 | tee log`).',
    '',
    '```text',
    helpOf(program),
    '```',
    ...program.commands.flatMap((command) => [
      '',
      `## tagboat ${command.name()}`,
      '',
      '```text',
      helpOf(command),
      '```',
    ]),
    '',
  ].join('\n');
}
