import type { Colors } from 'picocolors/types.js';
import { describePlace } from '../../errors/place.ts';
import { type ErrorReport, helpUrl, type Peer } from '../../errors.ts';
import type { Event } from '../../events.ts';
import { healthOf } from '../../plan/deploy.ts';
import type { Change, CommitOutcome, CommitPreview, ImageOutcome } from '../../plan/outcome.ts';
import { changeNote, changeValues, holdLines, writtenLines } from './change-words.ts';
import { findingLines } from './finding-words.ts';
import { duration, oneLine, padTo, printable, short } from './printable.ts';
import { verdictLines } from './verdict-words.ts';

/** How much of a run is told. `live` means that what is going on is shown elsewhere, so beginnings need no line. */
interface Telling {
  readonly colors: Colors;
  readonly live: boolean;
  /** Images whose build was told line by line, so that its last lines needn't be told again. */
  readonly logged: ReadonlySet<string>;
  readonly quiet: boolean;
  /** Who was hit before by what this failure comes from: it isn't told in full again. */
  readonly as?: string | undefined;
}

/** What an event is to people, line by line; nothing for events that only a live display shows. */
export function wordsOf(event: Event, telling: Telling): string[] {
  const { colors } = telling;
  if (telling.quiet && !deservesAction(event)) return [];
  switch (event.type) {
    case 'run.started':
      return [runLine(event, colors)];
    case 'notice':
      return event.level === 'warning'
        ? [`${colors.yellow('!')} ${printable(event.message)}`]
        : [colors.dim(`· ${printable(event.message)}`)];
    case 'step.started':
    case 'image.progress':
    case 'verdict.resources':
      return [];
    case 'step.finished':
      return [stepLine(event, colors)];
    case 'image.started':
      return telling.live ? [] : [item(' ', event.image, colors.dim(`${verbOf(event.engine)}: ${oneLine(event.why)}`))];
    case 'image.log':
      return telling.live ? [] : [`  ${colors.dim(`${event.image} │`)} ${oneLine(event.line)}`];
    case 'image.finished':
      return imageLines(event.image, event.outcome, colors);
    case 'image.failed':
      return [
        failedItem(event.image, event.error, telling),
        ...(telling.logged.has(event.image) || telling.as !== undefined
          ? []
          : event.log.map((line) => `  ${colors.dim('│')} ${oneLine(line)}`)),
        ...(telling.as === undefined ? errorLines(event.error, colors) : []),
      ];
    case 'commit.beaten':
      return [
        item(
          colors.yellow('↻'),
          event.delivery,
          `somebody else pushed (${short(event.tip)}); again in ${duration(event.waitMs / 1000)}, try ${event.attempt + 1}`,
        ),
      ];
    case 'commit.previewed':
      return previewLines(event.delivery, event.preview, colors);
    case 'commit.finished':
      return commitLines(event.delivery, event.outcome, colors);
    case 'commit.failed':
      return [
        failedItem(event.delivery, event.error, telling),
        ...(telling.as === undefined ? errorLines(event.error, colors) : []),
      ];
    case 'rollback.started':
      return [item(colors.yellow('↶'), event.delivery, `rolling back ${short(event.commit)}: ${oneLine(event.why)}`)];
    case 'verdict.started':
    case 'verdict.progress':
    case 'verdict.finished':
    case 'verdict.failed':
      return verdictLines(event, telling);
    case 'finding':
      return findingLines(event, colors);
    case 'result':
      return [resultLine(event, colors)];
  }
}

/** Whether an event is told though little is to be: it ended badly, or asks for somebody to look. */
export function deservesAction(event: Event): boolean {
  if (event.type === 'notice') return event.level === 'warning';
  if (event.type === 'finding') return event.severity !== 'note';
  if (event.type === 'result') return event.exitCode !== 0;
  if (event.type === 'verdict.finished') return healthOf(event.verdict) !== 'healthy';
  if (event.type === 'commit.finished') return event.outcome.is === 'superseded' || event.outcome.is === 'held';
  if (event.type === 'rollback.started') return true;
  return event.type === 'image.failed' || event.type === 'commit.failed' || event.type === 'verdict.failed';
}

function failedItem(name: string, { code }: ErrorReport, { as, colors }: Telling): string {
  return item(
    colors.red('✗'),
    name,
    colors.red(as === undefined ? 'failed' : `failed as ${oneLine(as)} did, by ${code}`),
  );
}

function runLine(event: Event & { type: 'run.started' }, colors: Colors): string {
  const what = colors.bold(`tagboat ${event.command}`);
  if (event.source === undefined) return what;
  const { commit, branch, subject } = event.source;
  const at = branch === undefined ? '' : ` on ${branch}`;
  return `${what}  ${colors.cyan(short(commit))} ${oneLine(subject)}${colors.dim(oneLine(at) === '' ? '' : ` ${oneLine(at)}`)}`;
}

/** Most messages name their subject themselves. */
function stepLine({ subject, message, seconds }: Event & { type: 'step.finished' }, colors: Colors): string {
  const took = colors.dim(duration(seconds));
  const mark = colors.green('✓');
  return message.includes(subject)
    ? `${mark} ${oneLine(message)} ${took}`
    : item(mark, subject, `${oneLine(message)} ${took}`);
}

/** Names stand in a column, so that what happened to each reads downwards. */
function item(mark: string, name: string, text: string): string {
  return `${mark} ${padTo(10, oneLine(name))}  ${text}`;
}

function verbOf(engine: string): string {
  return engine === 'assemble' ? 'assembling' : `building with ${engine}`;
}

function imageLines(name: string, outcome: ImageOutcome, colors: Colors): string[] {
  if (outcome.is === 'skipped') return [item(colors.yellow('-'), name, `not built: ${oneLine(outcome.why)}`)];
  const { engine } = outcome.is === 'built' ? outcome : {};
  const how = engine === 'assemble' ? 'assembled' : `built with ${engine}`;
  return [
    outcome.is === 'built'
      ? item(colors.green('✓'), name, `${how} and pushed ${colors.dim(duration(outcome.seconds))}`)
      : item(colors.green('='), name, `reused: ${oneLine(outcome.why)}`),
    `${' '.repeat(14)}${[outcome.reference, ...(outcome.tags ?? [])].join(', ')}`,
    colors.dim(`${' '.repeat(14)}${outcome.digest}`),
  ];
}

function commitLines(name: string, outcome: CommitOutcome, colors: Colors): string[] {
  switch (outcome.is) {
    case 'landed':
      return [
        item(
          colors.green('✓'),
          name,
          `landed ${colors.cyan(short(outcome.commit))} on ${outcome.branch} of ${outcome.repo}${outcome.attempts > 1 ? colors.dim(` (try ${outcome.attempts})`) : ''}`,
        ),
        ...outcome.changes.map((change) => changeLine(change, colors)),
        ...writtenLines(outcome, colors),
        ...holdLines(outcome.holds, colors),
      ];
    case 'proposed': {
      const did = { created: 'proposed', updated: 'proposed anew', nothing: 'proposed already' }[outcome.did];
      return [
        item(
          colors.green('✓'),
          name,
          `${did}, waiting for review: ${colors.cyan(oneLine(outcome.pullRequest.url))} into ${outcome.branch} of ${outcome.repo}`,
        ),
        ...outcome.changes.map((change) => changeLine(change, colors)),
      ];
    }
    case 'unchanged':
      return [
        item(colors.green('='), name, `unchanged: ${outcome.branch} of ${outcome.repo} already says so, no commit`),
      ];
    case 'superseded':
      return [item(colors.yellow('!'), name, `superseded by ${short(outcome.by)}: ${oneLine(outcome.why)}`)];
    case 'held': {
      const until = outcome.until === undefined ? '' : ` until ${outcome.until}`;
      return [item(colors.yellow('!'), name, `held by ${oneLine(outcome.by)}${until}: ${oneLine(outcome.why)}`)];
    }
  }
}

function previewLines(name: string, preview: CommitPreview, colors: Colors): string[] {
  const { branch, repo, changes, written = [], instead, isNew } = preview;
  const into = isNew ? `a new ${branch}` : branch;
  const none = item(colors.green('='), name, `${into} already says so, no commit`);
  if (changes.length + written.length === 0) return [none];
  const many = changes.length > 10;
  const what = many ? `${changes.length} values ` : '';
  const would = item(colors.cyan('~'), name, `would commit ${what}to ${into} of ${repo}`);
  const head = instead === undefined ? [would] : [...commitLines(name, instead, colors), colors.dim('  It would set:')];
  // Of many, a table shows the values; what may surprise about one stands here all the same.
  const shown = many ? changes.filter((change) => changeNote(change) !== '') : changes;
  return [...head, ...shown.map((change) => changeLine(change, colors)), ...writtenLines(preview, colors)];
}

function changeLine(change: Change, colors: Colors): string {
  const where = colors.dim(oneLine(`${change.file} ${change.path}`));
  return `${' '.repeat(14)}${where}  ${changeValues(change, colors)}`;
}

function resultLine(event: Event & { type: 'result' }, colors: Colors): string {
  const took = colors.dim(`after ${duration(event.seconds)}`);
  if (event.exitCode === 0) return `${colors.green('✓')} Done ${took}`;
  if (event.exitCode === 130) return `${colors.yellow('!')} Stopped ${took}`;
  return `${colors.red('✗')} Failed ${took} ${colors.dim(`(exit code ${event.exitCode})`)}`;
}

/** An error in full: code and message, the place with its caret, the peer's own words, what to do. */
export function errorLines(error: ErrorReport, colors: Colors): string[] {
  const lines = [`${colors.red(colors.bold(error.code))} ${printable(error.message)}`];
  if (error.place !== undefined) lines.push(...printable(describePlace(error.place)).split('\n'));
  if (error.peer?.text !== undefined && error.peer.text.trim() !== '') {
    lines.push(
      colors.dim(`The other side said${error.peer.code === undefined ? '' : ` (${oneLine(error.peer.code)})`}:`),
    );
    lines.push(
      ...printable(error.peer.text.trimEnd())
        .split('\n')
        .map((line) => `${colors.dim('│')} ${line}`),
    );
  } else if (error.peer?.code !== undefined) {
    lines.push(colors.dim(`The other side said ${oneLine(error.peer.code)}.`));
  }
  const wait = leftAlone(error.peer);
  if (wait !== undefined) lines.push(colors.dim(wait));
  lines.push(`${colors.cyan('→')} ${printable(error.hint)}`);
  if (error.code !== 'BUG') lines.push(colors.dim(`  ${helpUrl(error.code)}`));
  return lines.flatMap((line) => line.split('\n')).map((line) => `  ${line}`);
}

/** For how long a peer wants to be left alone, as a sentence. Undefined where it said nothing of it. */
export function leftAlone({ waitSeconds = 0, until }: Peer = {}): string | undefined {
  if (waitSeconds <= 0) return undefined;
  return `It wants to be left alone for ${duration(waitSeconds)}${until === undefined ? '' : `, until ${until}`}.`;
}
