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
