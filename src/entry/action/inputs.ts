import { TagboatError } from '../../errors.ts';
import type { Allowance } from '../../plan.ts';
import type { Env } from '../../wire/world.ts';
import type { CommitOptions } from '../commands/commit.ts';
import type { RetireOptions } from '../commands/retire.ts';
import type { RollbackOptions } from '../commands/rollback.ts';
import type { WaitOptions } from '../commands/wait.ts';
import { type BuildingOptions, type CommonOptions, type LandingOptions, unusedOption } from '../run/options.ts';

const commands = ['ship', 'build', 'commit', 'wait', 'rollback', 'retire', 'plan'] as const;

export interface ActionInputs {
  readonly command: (typeof commands)[number];
  readonly common: CommonOptions;
  readonly commit: CommitOptions;
  readonly landing: LandingOptions;
  readonly building: BuildingOptions;
  readonly plan: { readonly comment: boolean; readonly render: boolean | undefined };
  readonly wait: WaitOptions;
  readonly retire: RetireOptions;
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

/** Inputs that say what is to be done, and the options that they are. Those left out here go with every command. */
const options: Readonly<Record<string, string>> = {
  ...{ config: 'config', app: 'app', jobs: 'jobs', rebuild: 'rebuild', force: 'force', queue: 'queue' },
  ...{ repo: 'repo', branch: 'branch', set: 'set', message: 'message', author: 'author', via: 'via', create: 'create' },
  ...{ allow: 'allow', image: 'image' },
  ...{ 'config-commit': 'commit', application: 'application', timeout: 'timeout', sync: 'sync', server: 'server' },
  ...{ ref: 'ref', deliveries: 'delivery', images: 'image' },
  ...{
    'allow-nothing': 'allowNothing',
    'wait-merge': 'waitMerge',
    comment: 'comment',
    render: 'render',
    delivery: 'delivery',
    pr: 'pr',
    to: 'to',
    why: 'why',
    until: 'until',
  },
};

/** What an input says when it says nothing: what action.yml gives as its default, and a switch that isn't set. */
const idle: Readonly<Record<string, readonly string[]>> = {
  ...{ jobs: ['3'], queue: ['true', 'True', 'TRUE'] },
  ...Object.fromEntries(
    ['rebuild', 'force', 'allow-nothing', 'create', 'sync', 'comment'].map((name) => [
      name,
      ['false', 'False', 'FALSE'],
    ]),
  ),
};

/** Throws USAGE for an input that is given to a command which does nothing with it. */
function refuseIgnored(env: Env, command: string): void {
  const given = Object.keys(options).filter((input) => {
    const value = text(env, input);
    return value !== undefined && idle[input]?.includes(value) !== true;
  });
  const mayTakeRepo = command === 'commit' || command === 'wait';
  const names = given.flatMap((input) => options[input] ?? []);
  const unused = unusedOption(command, names, mayTakeRepo);
  if (unused === undefined) return;
  const input = given[names.indexOf(unused.option)];
  if (unused.goesWith === 'repo')
    throw wrong(`The input ${input} goes with repo, which says where; without it the config file does.`);
  if (unused.goesWith === 'config')
    throw wrong(`The input ${input} goes with a config file, and with repo none is read.`);
  throw wrong(`The input ${input} is nothing that the command ${command} does anything with.`);
}

/** Whether nothing but warnings and errors is told. What can't be read is told by `readInputs`. */
export function isQuiet(env: Env): boolean {
  return /^true$/i.test(text(env, 'quiet') ?? '');
}

/** The action's inputs as options. Throws USAGE. */
export function readInputs(env: Env): ActionInputs {
  const command = text(env, 'command') ?? 'ship';
  const known = commands.find((one) => one === command);
  if (known === undefined) throw wrong(`The input command is ${command}, which is none of ${commands.join(', ')}.`);
  refuseIgnored(env, known);
  const landing = {
    force: truth(env, 'force'),
    queue: truth(env, 'queue', 'true'),
    allowNothing: truth(env, 'allow-nothing'),
    waitMerge: text(env, 'wait-merge'),
  };
  return {
    command: known,
    landing,
    building: { rebuild: truth(env, 'rebuild') },
    common: {
      json: false,
      quiet: truth(env, 'quiet'),
      color: true,
      jobs: whole(env, 'jobs') ?? 3,
      config: text(env, 'config'),
      app: text(env, 'app'),
      ref: text(env, 'ref'),
      delivery: someLines(env, 'deliveries'),
      image: [...linesOf(env, 'image'), ...linesOf(env, 'images')],
    },
    commit: {
      branch: text(env, 'branch') ?? 'main',
      set: linesOf(env, 'set'),
      create: truth(env, 'create'),
      allow: allowances(env),
      ...landing,
      repo: text(env, 'repo'),
      message: text(env, 'message'),
      author: text(env, 'author'),
      via: choice(env, 'via', ['git', 'github', 'auto', 'pullRequest']),
    },
    plan: {
      comment: truth(env, 'comment'),
      render: text(env, 'render') === undefined ? undefined : truth(env, 'render'),
    },
    retire: { pr: text(env, 'pr'), force: landing.force },
    rollback: rollbackIn(env),
    wait: {
      application: linesOf(env, 'application'),
      branch: text(env, 'branch') ?? 'main',
      sync: truth(env, 'sync'),
      repo: text(env, 'repo'),
      server: text(env, 'server'),
      commit: text(env, 'config-commit'),
      timeout: text(env, 'timeout'),
    },
  };
}

function rollbackIn(env: Env): ActionInputs['rollback'] {
  const options = {
    to: text(env, 'to') ?? 'previous',
    force: truth(env, 'force'),
    waitMerge: text(env, 'wait-merge'),
    why: text(env, 'why'),
    until: text(env, 'until'),
  };
  return { delivery: text(env, 'delivery'), options };
}

/** An input of several lines, the empty ones left out. */
function linesOf(env: Env, input: string): string[] {
  const lines = (text(env, input) ?? '').split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '');
}

/** The same; undefined for none. */
function someLines(env: Env, input: string): string[] | undefined {
  const lines = linesOf(env, input);
  return lines.length === 0 ? undefined : lines;
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

function allowances(env: Env): Allowance[] {
  return linesOf(env, 'allow').map((line) => {
    if (line === 'aliases' || line === 'digest') return line;
    throw wrong(`The input allow has ${line}, not aliases or digest.`);
  });
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
