import type { Colors } from 'picocolors/types.js';
import type { Event } from '../../events.ts';
import { healthOf, type Reason, type Verdict } from '../../plan/deploy.ts';
import { duration, oneLine, padTo, short } from './printable.ts';

type VerdictEvent = Exclude<Extract<Event, { type: `verdict.${string}` }>, { type: 'verdict.resources' }>;

/** How much of each part of a reason people are shown; `--json` has it whole. */
const mostParts = 4;
const mostEvents = 3;
const mostLog = 6;

/** What the deploy stage tells, line by line. */
export function verdictLines(
  event: VerdictEvent,
  { colors, live }: { readonly colors: Colors; readonly live: boolean },
): string[] {
  const line = (mark: string, text: string) => `${mark} ${padTo(10, oneLine(nameOf(event)))}  ${text}`;
  switch (event.type) {
    case 'verdict.started':
      return live ? [] : [line(' ', colors.dim(`waiting for ${short(event.commit)} in Argo CD`))];
    case 'verdict.progress':
      return live ? [] : [line(colors.dim('·'), colors.dim(oneLine(event.why)))];
    case 'verdict.failed':
      return [line(colors.red('✗'), colors.red('no verdict'))];
    case 'verdict.finished':
      return [line(markOf(event.verdict, colors), headOf(event.verdict, colors)), ...tree(event.verdict, colors)];
  }
}

function nameOf(event: VerdictEvent): string {
  return event.type === 'verdict.failed' ? event.delivery : event.application;
}

function markOf(verdict: Verdict, colors: Colors): string {
  if (healthOf(verdict) !== 'healthy') return colors.red('✗');
  return verdict.is === 'superseded' ? colors.yellow('!') : colors.green('✓');
}

/** The verdict as one phrase. */
function headOf(verdict: Verdict, colors: Colors): string {
  const took = colors.dim(duration(verdict.seconds));
  const { commit, revision = commit } = verdict;
  const health = healthOf(verdict);
  const word = (health === 'healthy' ? colors.green : colors.red)(words[health]);
  const why = health === 'healthy' ? '' : `: ${oneLine(verdict.why)}`;
  if (verdict.is === 'superseded') return `superseded by ${short(verdict.by)}, which is ${word}${why} ${took}`;
  const later = revision === commit ? '' : `, and so with ${short(commit)} before it`;
  return `${word} with ${colors.cyan(short(revision))}${later}${why} ${took}`;
}

const words: Readonly<Record<ReturnType<typeof healthOf>, string>> = {
  healthy: 'healthy',
  degraded: 'degraded',
  syncFailed: 'sync failed',
  timedOut: 'timed out',
  unknown: 'unknown',
};

function tree(verdict: Verdict, colors: Colors): string[] {
  const reasons = verdict.is === 'healthy' ? [] : verdict.reasons;
  return reasonLines(reasons).map((text) => `${' '.repeat(14)}${colors.dim(text)}`);
}

/** Reasons as a short tree, one line a resource, its events and log below it. */
export function reasonLines(reasons: readonly Reason[], indent = ''): string[] {
  const shown = reasons.slice(0, mostParts);
  const lines = shown.flatMap((reason, at) => {
    const last = at === reasons.length - 1;
    const below = `${indent}${last ? '   ' : '│  '}`;
    const message = reason.message === '' ? '' : `: ${oneLine(reason.message).slice(0, 300)}`;
    return [
      `${indent}${last ? '└─ ' : '├─ '}${oneLine(reason.subject)}  ${oneLine(reason.status)}${message}`,
      ...reason.events.slice(-mostEvents).map((text) => `${below}${oneLine(text).slice(0, 300)}`),
      ...reason.log.slice(-mostLog).map((text) => `${below}│ ${oneLine(text).slice(0, 300)}`),
      ...reasonLines(reason.parts, below),
    ];
  });
  return reasons.length > shown.length ? [...lines, `${indent}   … and ${reasons.length - shown.length} more`] : lines;
}
