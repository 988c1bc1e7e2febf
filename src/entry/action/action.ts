import { tellingUnplanned } from '../run/notify/unplanned.ts';
import { type Body, runSession } from '../run/session.ts';
import type { Ending } from '../run/stopping.ts';
import { type ActionInputs, adoptSecrets, commandIn, isQuiet, readInputs } from './inputs.ts';
import { outputsOf, writeOutputs } from './outputs.ts';
import { inWordsOfInputs } from './words.ts';
import { trustWorkspace } from './workspace.ts';

// The GitHub Action: inputs become options, the run is the CLI's, its ending becomes outputs.
const inputs = { ...process.env };
for (const [name, value] of Object.entries(adoptSecrets(inputs))) {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
Object.assign(process.env, trustWorkspace(process.env, inputs.INPUT_APP));

let ending: Ending = { value: null };
let clean = (text: string): string => text;
const exitCode = await runSession(
  commandIn(inputs),
  { json: false, quiet: isQuiet(inputs), color: true, announces: true, inWords: inWordsOfInputs },
  async (session) => {
    clean = session.clean;
    const body = await bodyOf(readInputs(inputs));
    ending = await tellingUnplanned(session, body);
    return ending;
  },
);
if (process.env.GITHUB_OUTPUT) writeOutputs(process.env.GITHUB_OUTPUT, outputsOf(ending, exitCode), clean);
process.exit(exitCode);

async function bodyOf({
  command,
  common,
  commit,
  landing,
  building,
  plan,
  wait,
  promote,
  retire,
  state,
}: ActionInputs): Promise<Body> {
  switch (command) {
    case 'ship':
      return (await import('../commands/ship.ts')).ship(common, { ...landing, ...building });
    case 'build':
      return (await import('../commands/build.ts')).build(common, building);
    case 'plan':
      return (await import('../commands/plan.ts')).plan(common, { allowNothing: landing.allowNothing, ...plan });
    case 'commit':
      return (await import('../commands/commit.ts')).commit(common, commit);
    case 'promote':
      return (await import('../commands/promote/promote.ts')).promote(common, promote.names, promote.options);
    case 'hold':
      return (await import('../commands/hold.ts')).hold(common, state.delivery, state.options);
    case 'unhold':
      return (await import('../commands/hold.ts')).unhold(common, state.delivery, state.options);
    case 'holds':
      return (await import('../commands/holds.ts')).holds(common, state.delivery, state.options);
    case 'queue':
      return (await import('../commands/queue.ts')).queue(common, state.delivery, state.options);
    case 'rollback':
      return (await import('../commands/rollback.ts')).rollback(common, state.delivery, state.options);
    case 'retire':
      return (await import('../commands/retire.ts')).retire(common, retire);
    case 'wait':
      return (await import('../commands/wait.ts')).wait(common, wait);
  }
}
