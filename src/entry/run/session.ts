import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { inspect } from 'node:util';
import picocolors from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import { exitCodes } from '../../errors/codes.ts';
import { type Emit, type Event, emitNotice, type Happening, peerNotices } from '../../events.ts';
import type { HeldPlace } from '../../plan/holds.ts';
import type { HookPlan } from '../../plan/outcome.ts';
import type { DeliveryPlan, Source } from '../../plan.ts';
import { secretsOf } from '../../wire/secret-names.ts';
import type { Env, World } from '../../wire/world.ts';
import { createAnnotations, maskCommand } from '../show/annotations.ts';
import { colorsFor } from '../show/colors.ts';
import { createJsonLines } from '../show/json.ts';
import { guardedOutput, type Output } from '../show/output.ts';
import { oneLine, printable, printableProduct, unheard } from '../show/printable.ts';
import { runLinks } from '../show/report/links.ts';
import { createScrubber, type Scrubber } from '../show/scrub/scrub.ts';
import { type ProductStyle, productStyle } from '../show/see/style.ts';
import type { EventSink } from '../show/sink.ts';
import { createSummary } from '../show/summary.ts';
import { createTerminal } from '../show/terminal.ts';
import { type Ending, endingOf, firstFault, listen, type Outside } from './stopping.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { version } from './version.ts';
import { createWorld } from './world.ts';

/** How a run is shown. */
export interface Settings {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  /** Each request, child and decision is told on stderr. */
  readonly verbose?: boolean | undefined;
  /** The same, and where an error comes from. */
  readonly debug?: boolean | undefined;
  /** What happens in other words than the command line's. */
  readonly inWords?: (happening: Happening) => Happening;
  /** Where OpenTelemetry's collector is. Default: as the environment says. */
  readonly otlp?: string | undefined;
  /** The runner of GitHub Actions is told which secrets to hide. */
  readonly announces?: boolean;
}

/** Deliveries that are to be planned. `source`: the commit that they are of, where that is known by then. */
export interface Unplanned {
  readonly source: Source | undefined;
  readonly deliveries: readonly (Pick<DeliveryPlan, 'name' | 'repo' | 'branch'> & {
    readonly edits: readonly HeldPlace[];
  })[];
}

/** A config file and the app repo that it is of. */
export interface CommentedConfig {
  readonly path: string;
  readonly source: Source;
}

/** What a command works with. */
export interface Session {
  readonly command: string;
  readonly world: World;
  readonly emit: Emit;
  readonly cwd: string;
  readonly settings: Settings;
  /** Whom the config has told of deliveries, once it was read. */
  readonly hooks: HookPlan[];
  /** The config whose ends the app repo's pull requests are told of, where it asks for that. */
  readonly commented: CommentedConfig[];
  /** What the run is about, until it has a plan: what fails till then is told of these. */
  readonly unplanned: Unplanned[];
  /** Somebody is there who can be asked. */
  readonly interactive: boolean;
  /** Tells that the run began, once its source is known. */
  readonly started: (source?: Source) => void;
  /** Puts a command's product on stdout, none with `--json`. What is made with a style has cleaned others' texts. */
  print(text: string | ((style: ProductStyle) => string)): void;
  /** Tells people something of our own, which `--quiet` keeps from them; with `--json` it is a notice. */
  readonly say: (text: (colors: Colors) => string) => void;
  /** Text without secrets and without what isn't printable: for what leaves the process by other ways than these. */
  readonly clean: (text: string) => string;
  /** Shows where an error comes from, with --debug alone. */
  readonly debug: (error: unknown) => void;
}

export type Body = (session: Session) => Promise<Ending>;

/**
 * Runs one command in the real world and shows it; answers the exit code. The last event is always `result`, whatever
 * happens. SIGINT, SIGTERM and SIGHUP abort the world and let the command clean up for some seconds.
 */
export async function runSession(
  command: string,
  settings: Settings,
  body: Body,
  outside: Outside = process,
): Promise<number> {
  // Windows names the home folder otherwise; all that is kept there is looked for by HOME.
  const { env } = outside;
  if (env.HOME === undefined && env.USERPROFILE !== undefined) env.HOME = env.USERPROFILE;
  const stdout = guardedOutput(outside.stdout);
  const stderr = guardedOutput(outside.stderr);
  const scrubber = createScrubber();
  const began = performance.now();
  const isTerminal = outside.stderr.isTTY === true && env.TERM !== 'dumb';
  const colors = colorsFor(env, isTerminal, settings.color);
  const style = productStyle(env, outside.stdout.isTTY === true && env.TERM !== 'dumb', settings.color);
  const drawn = isTerminal && !settings.json && !settings.quiet && ['', 'false'].includes(env.CI ?? '');
  const block = drawn ? (await import('../show/live-block.ts')).openLiveBlock : undefined;
  const live = block?.({ stream: outside.stderr, colors, now: () => performance.now() });
  const terminal = settings.json
    ? undefined
    : createTerminal({ stream: outside.stderr, colors, live, quiet: settings.quiet });
  const sinks = [terminal ?? createJsonLines(stdout.write, settings.quiet), ...actionsSinks(stderr, outside)];
  const controller = new AbortController();
  // All that waits, asks and runs at once listens to it: no leak, whatever their number.
  setMaxListeners(0, controller.signal);

  let ended = false;
  let telemetry: Telemetry | undefined;
  const emit: Emit = (happening: Happening) => {
    if (ended) return;
    ended = happening.type === 'result';
    const told = settings.inWords?.(happening) ?? happening;
    const event = scrubber.value({ ...told, at: new Date().toISOString() }) as Event;
    if (told.type === 'step.started') world.trace?.(`${told.stage} ${told.subject}: ${told.message}`);
    for (const sink of sinks) sink.tell(event);
    telemetry?.tell(event);
  };
  const mask = masking(scrubber, stderr, settings.announces === true, env);
  // Masked whether or not a run uses them: a child's error may print them.
  for (const [, value] of secretsOf(env)) mask(value);
  const notice = peerNotices(emit, 'run');
  // The runner sets its own where somebody re-runs a job "with debug logging".
  const debugs = settings.debug === true || env.TAGBOAT_DEBUG === '1' || env.RUNNER_DEBUG === '1';
  // Cleaned first: what stands between a secret's characters would hide it.
  const clean = (text: string): string => scrubber.text(printable(text));
  const tellTrace = (line: string): void => {
    live?.clear();
    stderr.write(`${colors.dim(`· ${clean(oneLine(line))}`)}\n`);
  };
  const trace = debugs || settings.verbose === true ? tellTrace : undefined;
  const world = createWorld({ env, signal: controller.signal, mask, notice, trace });
  const debug = (error: unknown): void => {
    if (debugs) stderr.write(clean(`${inspect(error, { depth: 5 })}\n`));
  };
  const stopListening = listen(controller, emit, outside);
  const fault = firstFault(outside);
  try {
    const begin = async (): Promise<Ending> => {
      const follows = settings.otlp ?? (env.OTEL_SDK_DISABLED === 'true' ? '' : env.OTEL_EXPORTER_OTLP_ENDPOINT);
      if (!follows) return body(session);
      const { openTelemetry } = await import('./telemetry/telemetry.ts');
      telemetry = openTelemetry(command, settings.otlp, { env, mask, clean });
      return body({ ...session, world: { ...world, http: telemetry.following(world.http) } });
    };
    const session: Session = {
      command,
      world,
      emit,
      cwd: outside.cwd(),
      hooks: [],
      commented: [],
      unplanned: [],
      // In this order: opening stdin takes as long as reading a config.
      interactive: !settings.json && outside.stderr.isTTY === true && outside.stdin.isTTY === true,
      settings,
      started: (source) => {
        telemetry?.of(source);
        emit(runStarted(command, source));
      },
      print: (text) => {
        if (settings.json) return;
        const shown = typeof text === 'string' ? printableProduct(text) : text(style);
        const product = scrubber.text(shown);
        stdout.write(env.GITHUB_ACTIONS === 'true' ? unheard(product) : product);
      },
      say: (text) => {
        if (settings.quiet) return;
        if (terminal !== undefined) terminal.say(scrubber.text(text(colors)));
        else emitNotice(emit, 'info', 'run', 'SAID', {}, text(picocolors.createColors(false)));
      },
      clean,
      debug,
    };
    const ending = await endingOf(begin(), fault.happened, controller, debug);
    const errors = ending.errors ?? [];
    const exitCode = ending.exitCode ?? errors[0]?.exitCode ?? exitCodes.done;
    const unsent = await telemetry?.finish(world, { exitCode, errors });
    if (unsent !== undefined)
      emitNotice(emit, 'warning', 'run', 'TELEMETRY_NOT_SENT', {}, `No traces and metrics were sent: ${unsent}.`);
    const seconds = Math.round(performance.now() - began) / 1000;
    emit({ type: 'result', command, exitCode, seconds, errors, value: ending.value });
    for (const sink of sinks) sink.close();
    await Promise.all([stdout.flush(), stderr.flush()]);
    return exitCode === exitCodes.done ? codeOfLoss(stdout, stderr) : exitCode;
  } finally {
    fault.stop();
    stopListening();
    world.close();
  }
}

/** What GitHub's runner is told besides; nothing elsewhere. */
function actionsSinks(stderr: Output, { env, cwd }: Outside): EventSink[] {
  if (env.GITHUB_ACTIONS !== 'true') return [];
  // On stderr, which the runner reads for commands just the same, so that stdout stays JSON.
  const annotations = createAnnotations(stderr.write, (file) => existsSync(resolve(cwd(), file)));
  return env.GITHUB_STEP_SUMMARY ? [annotations, createSummary(env.GITHUB_STEP_SUMMARY, runLinks(env))] : [annotations];
}

/**
 * Takes secrets out of all that is printed, and tells the runner of them where nobody else reads what is told to it: a
 * `run:` step may end in `2>&1 | tee log`. Of its own tokens it knows already.
 */
function masking(scrubber: Scrubber, stderr: Output, announces: boolean, env: Env): (secret: string) => void {
  const known = secretsOf(env).filter(([name]) => name === 'GITHUB_TOKEN' || name.startsWith('ACTIONS_'));
  const announced = new Set(
    known.flatMap(([, value]) => [value, Buffer.from(value).toString('base64'), encodeURIComponent(value)]),
  );
  return (secret) => {
    scrubber.add(secret);
    if (!announces || secret.trim().length < 4 || announced.has(secret)) return;
    announced.add(secret);
    stderr.write(maskCommand(secret));
  };
}

/** What begins a run, with as much of its source as is told. */
export function runStarted(command: string, source: Source | undefined): Happening {
  const about = source && { commit: source.commit, branch: source.branch, subject: source.subject };
  return { type: 'run.started', command, version, source: about };
}

/** A full disk under `> file` must not look like success. */
function codeOfLoss(stdout: Output, stderr: Output): number {
  const lost = stdout.lost();
  if (lost === undefined) return exitCodes.done;
  stderr.write(`tagboat: output could not be written: ${lost.message}\n`);
  return exitCodes.bug;
}
