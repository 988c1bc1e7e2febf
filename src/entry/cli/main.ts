import { type Command, CommanderError } from 'commander';
import { TagboatError, usageError } from '../../errors.ts';
import { tellingUnplanned } from '../run/notify/unplanned.ts';
import type { CommonOptions } from '../run/options.ts';
import { type Body, runSession, type Settings } from '../run/session.ts';
import type { Outside } from '../run/stopping.ts';
import { createProgram } from './program.ts';

/** Runs the command line; answers the exit code. */
export async function main(argv: readonly string[], outside: Outside = process): Promise<number> {
  let exitCode = 0;
  let help = '';
  const program = createProgram(async (command, options, load) => {
    exitCode = await runSession(command, settingsOf(options), loaded(load), outside);
  });
  // Help is a product and goes to stdout as it is; with --json it is the result's value.
  quietly(program, (text) => {
    help += text;
  });
  try {
    if (argv[0] === 'complete') await (await import('./completion.ts')).answerCompletion(program, argv);
    else await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError || error instanceof TagboatError)) throw error;
    const told: Body = async (session) => {
      if (error instanceof TagboatError) throw error;
      if (error.exitCode === 0 || argv.length === 0) {
        session.print(help);
        return { value: { help } };
      }
      const none = argv[0] === 'help' ? `There is no command ${argv[1]}.` : 'No command was given.';
      const problem = help !== '' && error.code === 'commander.help' ? none : sentence(error.message);
      throw usageError(problem, named(program, argv));
    };
    exitCode = await runSession(named(program, argv) ?? 'help', given(argv), told, outside);
  }
  return exitCode;
}

/** Loading is part of the run: what fails there is told as everything else is. */
function loaded(load: () => Promise<Body>): Body {
  return async (session) => tellingUnplanned(session, await load());
}

/** Makes commander throw instead of printing and exiting by itself. */
function quietly(program: Command, write: (text: string) => void): void {
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: write, writeErr: write, outputError: () => undefined });
  }
}

function settingsOf({ json, quiet, color, verbose, debug, otlp }: CommonOptions): Settings {
  return { json, quiet, color, verbose, debug, otlp };
}

/** How to show an error in arguments that could not be parsed: by what plainly stands among them. */
function given(argv: readonly string[]): Settings {
  const quiet = argv.includes('--quiet') || argv.includes('-q');
  return { json: argv.includes('--json'), quiet, color: !argv.includes('--no-color') };
}

function named(program: Command, argv: readonly string[]): string | undefined {
  return argv.find((argument) =>
    program.commands.some((command) => command.name() === argument || command.aliases().includes(argument)),
  );
}

/** commander's own words (`error: unknown option '--x'`) as a sentence. */
function sentence(message: string): string {
  const text = message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!)]$/.test(text) ? '' : '.'}`;
}
