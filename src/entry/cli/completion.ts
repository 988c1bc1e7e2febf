import tab from '@bomb.sh/tab';
import completeCommands from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

/** Prints the script by which a shell asks for completions; it calls `tagboat complete -- …` at each tab. */
export function printCompletionScript(shell: string): void {
  tab.setup('tagboat', 'tagboat', shell);
}

/** Answers a shell that asks what may follow: commands, options and their choices, as the program has them. */
export async function answerCompletion(program: Command, argv: readonly string[]): Promise<void> {
  // The library's own command that prints the script has another name here; this one is only for shells.
  completeCommands(program, { completionCommandName: 'completion-script' });
  await program.parseAsync([...argv], { from: 'user' });
}
