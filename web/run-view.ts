import type { Event } from '../src/events.ts';
import type { Reason, ResourceState } from '../src/plan/deploy.ts';

/** How something stands, as the page marks it. */
type Standing = 'ok' | 'wait' | 'bad' | 'none';

/** One piece of a run over time. Times are milliseconds since 1970. */
export interface Lane {
  readonly key: string;
  readonly kind: 'image' | 'commit' | 'verdict' | 'step';
  readonly name: string;
  readonly from: number;
  to: number | undefined;
  is: Standing;
  /** What is to be said of it now, as a phrase. */
  said: string;
  /** What came in between: a push that lost, a phase. */
  readonly marks: { readonly at: number; readonly text: string }[];
  readonly log: string[];
  resources: readonly ResourceState[];
  more: number;
  reasons: readonly Reason[];
  diff: string;
}

export interface RunView {
  command: string;
  version: string;
  subject: string;
  commit: string;
  readonly from: number;
  to: number;
  exitCode: number | undefined;
  readonly lanes: Map<string, Lane>;
  readonly errors: { readonly code: string; readonly message: string; readonly hint: string }[];
  /** Events that couldn't be taken in. */
  odd: number;
  readonly notices: { readonly code: string; readonly message: string; readonly isWarning: boolean }[];
}

const mostLog = 300;
const mostMarks = 200;
const mostNotices = 100;

/** What so many events come to. What isn't as this page expects is passed over. */
export function viewOf(events: readonly Event[]): RunView {
  const times = events.map(({ at }) => Date.parse(at));
  const from = Math.min(...times.slice(0, 1));
  const view: RunView = {
    ...{ command: '', version: '', subject: '', commit: '', from, to: from, exitCode: undefined },
    ...{ lanes: new Map(), errors: [], notices: [], odd: 0 },
  };
  for (const [nth, event] of events.entries()) {
    // Clocks go back: on this page nothing ends before it begins.
    view.to = Math.max(view.to, times[nth] ?? view.to);
    try {
      take(view, event, view.to);
    } catch {
      view.odd += 1;
    }
  }
  return view;
}

function take(view: RunView, event: Event, at: number): void {
  const lane = (kind: Lane['kind'], name: string): Lane => {
    const key = `${kind} ${name}`;
    const known = view.lanes.get(key);
    if (known !== undefined) return known;
    const made: Lane = {
      ...{ key, kind, name, from: at, to: undefined, is: 'wait', said: '', marks: [], log: [] },
      ...{ resources: [], more: 0, reasons: [], diff: '' },
    };
    view.lanes.set(key, made);
    return made;
  };
  const end = (one: Lane, is: Standing, said: string): void => void Object.assign(one, { to: at, is, said });
  const mark = (one: Lane, text: string): void => {
    if (one.marks.length < mostMarks) one.marks.push({ at, text });
  };
  switch (event.type) {
    case 'run.started':
      view.command = event.command;
      view.version = event.version;
      view.subject = text(event.source?.subject);
      view.commit = text(event.source?.commit);
      break;
    case 'notice':
      if (view.notices.length < mostNotices)
        view.notices.push({ code: event.code, message: event.message, isWarning: event.level === 'warning' });
      break;
    case 'finding':
      if (view.notices.length < mostNotices)
        view.notices.push({ code: event.code, message: event.message, isWarning: event.severity !== 'note' });
      break;
    case 'step.started':
      lane('step', `${event.stage} ${event.subject}`).said = event.message;
      break;
    case 'step.finished':
      end(lane('step', `${event.stage} ${event.subject}`), 'ok', event.message);
      break;
    case 'image.started':
      lane('image', event.image).said = `${event.engine}: ${event.why}`;
      break;
    case 'image.log': {
      const { log } = lane('image', event.image);
      log.push(event.line);
      if (log.length > mostLog) log.shift();
      break;
    }
    case 'image.progress':
      lane('image', event.image).said = `${event.done} of ${event.total}: ${event.step}`;
      break;
    case 'image.finished': {
      const { is } = event.outcome;
      const why = 'why' in event.outcome ? text(event.outcome.why) : '';
      end(
        lane('image', event.image),
        is === 'skipped' ? 'none' : 'ok',
        is === 'built' ? 'built and pushed' : `${is}: ${why}`,
      );
      break;
    }
    case 'image.failed': {
      const one = lane('image', event.image);
      one.log.push(...event.log.slice(-mostLog).map(text));
      end(one, 'bad', `${event.error.code}: ${event.error.message}`);
      break;
    }
    case 'commit.beaten': {
      const one = lane('commit', event.delivery);
      one.said = `try ${event.attempt + 1}: somebody else pushed`;
      mark(one, `try ${event.attempt} lost: the branch had moved to ${event.tip.slice(0, 7)}`);
      break;
    }
    case 'commit.previewed': {
      const one = lane('commit', event.delivery);
      one.diff = event.preview.diff;
      end(one, 'none', 'shown, not written');
      break;
    }
    case 'commit.finished': {
      const { outcome } = event;
      const one = lane('commit', event.delivery);
      if ('diff' in outcome) one.diff = text(outcome.diff);
      end(one, standingOf[outcome.is] ?? 'none', commitSaid(outcome));
      break;
    }
    case 'commit.failed':
      end(lane('commit', event.delivery), 'bad', `${event.error.code}: ${event.error.message}`);
      break;
    case 'verdict.started':
      lane('verdict', event.application).said = `waiting for ${event.commit.slice(0, 7)}`;
      break;
    case 'verdict.progress': {
      const one = lane('verdict', event.application);
      one.said = event.why;
      mark(one, event.why);
      break;
    }
    case 'verdict.resources': {
      const one = view.lanes.get(`verdict ${event.application}`);
      if (one !== undefined) Object.assign(one, { resources: event.resources.filter(isObject), more: event.more });
      break;
    }
    case 'verdict.finished': {
      const { verdict } = event;
      const one = lane('verdict', event.application);
      if ('reasons' in verdict) one.reasons = partsOf(verdict.reasons);
      const health = verdict.is === 'superseded' ? text(verdict.judged) : verdict.is;
      const said = verdict.is === 'superseded' ? `superseded by a commit that is ${health}` : verdict.is;
      end(one, health === 'healthy' ? 'ok' : 'bad', `${said}: ${verdict.why}`);
      break;
    }
    case 'verdict.failed':
      end(lane('verdict', event.delivery), 'bad', `${event.error.code}: ${event.error.message}`);
      break;
    case 'rollback.started':
      lane('commit', `${event.delivery} back`).said = `rolling back ${event.commit.slice(0, 7)}: ${event.why}`;
      break;
    case 'result':
      view.exitCode = event.exitCode;
      for (const one of view.lanes.values()) {
        if (one.to === undefined) end(one, event.exitCode === 0 ? 'ok' : 'none', one.said);
      }
      for (const error of event.errors.slice(0, 20)) {
        view.errors.push({ code: text(error?.code), message: text(error?.message), hint: text(error?.hint) });
      }
      break;
  }
}

const standingOf: Readonly<Record<string, Standing>> = {
  landed: 'ok',
  unchanged: 'ok',
  proposed: 'wait',
  superseded: 'wait',
  held: 'wait',
};

function commitSaid(outcome: Extract<Event, { type: 'commit.finished' }>['outcome']): string {
  const { is, branch } = outcome;
  switch (is) {
    case 'landed':
      return `landed ${text(outcome.commit).slice(0, 7)} on ${branch}${outcome.attempts > 1 ? `, at try ${outcome.attempts}` : ''}`;
    case 'proposed':
      return `proposed: ${text(outcome.pullRequest?.url)}`;
    case 'unchanged':
      return `${branch} says so already, no commit`;
    case 'superseded':
    case 'held':
      return `${is} by ${text(outcome.by).slice(0, 80)}: ${text(outcome.why)}`;
    default:
      return text(is);
  }
}

/** Reasons as far as they are some: of a file that anybody may have written. */
export function partsOf(reasons: unknown): readonly Reason[] {
  return Array.isArray(reasons) ? (reasons.filter(isObject).slice(0, 50) as unknown as Reason[]) : [];
}

function isObject(value: unknown): value is object {
  return value !== null && typeof value === 'object';
}

/** What should be a text, of a file that anybody may have written. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
