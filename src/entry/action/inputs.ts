import { TagboatError } from '../../errors.ts';
import type { Env } from '../../wire/world.ts';
import type { CommonOptions } from '../cli/program.ts';
import type { CommitOptions } from '../commands/commit.ts';
import type { RollbackOptions } from '../commands/rollback.ts';
import type { BuildingOptions, LandingOptions } from '../commands/ship.ts';
import type { WaitOptions } from '../commands/wait.ts';

const commands = ['ship', 'build', 'commit', 'wait', 'rollback', 'plan'] as const;

export interface Inputs {
  readonly command: (typeof commands)[number];
  readonly common: CommonOptions;
  readonly commit: CommitOptions;
  readonly landing: LandingOptions;
  readonly building: BuildingOptions;
  readonly wait: WaitOptions;
  readonly rollback: { readonly delivery: string | undefined; readonly options: RollbackOptions };
}

/** Inputs that hold secrets, and the variables under which everything else knows them. */
const secrets: Readonly<Record<string, string>> = {
  token: 'TAGBOAT_TOKEN',
  'app-id': 'TAGBOAT_APP_ID',
  'private-key': 'TAGBOAT_APP_PRIVATE_KEY',
  'github-token': 'GITHUB_TOKEN',
  'argocd-token': 'ARGOCD_AUTH_TOKEN',
};

/**
 * The environment with secret inputs moved to the variables they stand for, so that no child finds them a second time
 * under their input's name. A variable set by the workflow's own `env:` gives way to an input.
 */
export function adoptSecrets(env: Env): Record<string, string | undefined> {
  const adopted: Record<string, string | undefined> = { ...env };
  for (const [input, variable] of Object.entries(secrets)) {
    const value = text(env, input);
    adopted[variableOf(input)] = undefined;
    // The default token must not take the place of one that the workflow gives on purpose.
    if (value !== undefined && (input !== 'github-token' || !env[variable])) adopted[variable] = value;
  }
  return adopted;
}

/** The action's inputs as options. Throws USAGE. */
export function readInputs(env: Env): Inputs {
  const command = text(env, 'command') ?? 'ship';
  const known = commands.find((one) => one === command);
  if (known === undefined) throw wrong(`The input command is ${command}, which is none of ${commands.join(', ')}.`);
  const config = text(env, 'config');
  const app = text(env, 'app');
  const repo = text(env, 'repo');
  const message = text(env, 'message');
  const author = text(env, 'author');
  const server = text(env, 'server');
  const waited = text(env, 'config-commit');
  const timeout = text(env, 'timeout');
  const landing = { force: truth(env, 'force'), queue: truth(env, 'queue', 'true') };
  const via = choice(env, 'via', ['git', 'github']);
  return {
    command: known,
    landing,
    building: { rebuild: truth(env, 'rebuild') },
    common: {
      json: false,
      quiet: truth(env, 'quiet'),
      color: true,
      jobs: whole(env, 'jobs') ?? 3,
      ...(config === undefined ? {} : { config }),
      ...(app === undefined ? {} : { app }),
    },
    commit: {
      branch: text(env, 'branch') ?? 'main',
      set: linesOf(env, 'set'),
      create: truth(env, 'create'),
      ...landing,
      ...(repo === undefined ? {} : { repo }),
      ...(message === undefined ? {} : { message }),
      ...(author === undefined ? {} : { author }),
      ...(via === undefined ? {} : { via }),
    },
    rollback: rollbackIn(env),
    wait: {
      application: linesOf(env, 'application'),
      branch: text(env, 'branch') ?? 'main',
      sync: truth(env, 'sync'),
      ...(repo === undefined ? {} : { repo }),
      ...(server === undefined ? {} : { server }),
      ...(waited === undefined ? {} : { commit: waited }),
      ...(timeout === undefined ? {} : { timeout }),
    },
  };
}

function rollbackIn(env: Env): Inputs['rollback'] {
  const why = text(env, 'why');
  const until = text(env, 'until');
  const options = {
    ...{ to: text(env, 'to') ?? 'previous', force: truth(env, 'force') },
    ...(why === undefined ? {} : { why }),
    ...(until === undefined ? {} : { until }),
  };
  return { delivery: text(env, 'delivery'), options };
}

/** An input of several lines, the empty ones left out. */
function linesOf(env: Env, input: string): string[] {
  const lines = (text(env, input) ?? '').split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '');
}

/** The runner's own naming (actions/toolkit, getInput): spaces become underscores, hyphens stay. */
function variableOf(input: string): string {
  return `INPUT_${input.replaceAll(' ', '_').toUpperCase()}`;
}

/** An input that is there and not empty; the runner sets those that a workflow leaves out to "". */
function text(env: Env, input: string): string | undefined {
  const value = env[variableOf(input)]?.trim();
  return value === '' ? undefined : value;
}

function truth(env: Env, input: string, otherwise = 'false'): boolean {
  const value = text(env, input) ?? otherwise;
  // YAML 1.2's core schema, as the toolkit reads booleans.
  if (/^(true|True|TRUE)$/.test(value)) return true;
  if (/^(false|False|FALSE)$/.test(value)) return false;
  throw wrong(`The input ${input} is ${value}, neither true nor false.`);
}

function choice<T extends string>(env: Env, input: string, among: readonly T[]): T | undefined {
  const value = text(env, input);
  const known = among.find((one) => one === value);
  if (value !== undefined && known === undefined)
    throw wrong(`The input ${input} is ${value}, not ${among.join(' or ')}.`);
  return known;
}

function whole(env: Env, input: string): number | undefined {
  const value = text(env, input);
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,4}$/.test(value)) return Number(value);
  throw wrong(`The input ${input} is ${value}, not a whole number from 1.`);
}

function wrong(problem: string): TagboatError {
  return new TagboatError('USAGE', { problem, command: undefined });
}
