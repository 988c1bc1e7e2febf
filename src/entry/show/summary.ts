import { appendFileSync, statSync } from 'node:fs';
import { describePlace } from '../../errors/place.ts';
import { helpUrl } from '../../errors.ts';
import type { PlanValue } from '../../events/json-event.ts';
import type { Event } from '../../events.ts';
import { healthOf, type Verdict } from '../../plan/deploy.ts';
import { type Finding, worstFirst } from '../../plan/finding.ts';
import type { ImageOutcome } from '../../plan/outcome.ts';
import { duration, short } from './printable.ts';
import { type Cause, causesOf, hitWords } from './report/causes.ts';
import { commitPart } from './report/commit-part.ts';
import { applicationPage, commitPage, type RunLinks, safePage } from './report/links.ts';
import { code, cut, escaped, fenced, fitted, linked } from './report/markdown.ts';
import { plannedImages, previewPart } from './report/plan-report.ts';
import type { EventSink } from './sink.ts';
import { reasonLines } from './verdict-words.ts';
import { leftAlone } from './words.ts';

/** GitHub drops a step's summary whole when it is over one mebibyte. */
export const summaryLimit = 1024 * 1024;
const diffLimit = 64 * 1024;

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** Writes the job summary to `file` (GITHUB_STEP_SUMMARY) when the run ends, after what other tools put there. */
export function createSummary(file: string, links: RunLinks = {}): EventSink {
  const events: Event[] = [];
  return {
    tell: (event) => {
      if (event.type !== 'image.log' && event.type !== 'image.progress') events.push(event);
      if (event.type !== 'result') return;
      try {
        const room = summaryLimit - (statSync(file, { throwIfNoEntry: false })?.size ?? 0);
        appendFileSync(file, summaryOf(events, room, links));
      } catch {
        // A summary that can't be written is no reason to fail a delivery.
      }
    },
    close: () => undefined,
  };
}

/** Where a run is told in Markdown: how much there is room for, and what changes from run to run. */
interface Page {
  /** Characters of each diff that are shown. */
  readonly diffs: number;
  /** What a text is cut for. */
  readonly why: string;
  /** How long it took. */
  readonly took: boolean;
}

const summaryPage: Page = { diffs: diffLimit, why: 'a job summary holds one mebibyte', took: true };

/** A run as GitHub's Markdown, at most `limit` bytes. Everything that comes from elsewhere is escaped. */
export function summaryOf(
  events: readonly Event[],
  limit: number,
  links: RunLinks = {},
  { diffs, why, took }: Page = summaryPage,
): string {
  const started = events.find((event): event is Of<'run.started'> => event.type === 'run.started');
  const result = events.find((event): event is Of<'result'> => event.type === 'result');
  const images = events.filter((event): event is Of<'image.finished'> => event.type === 'image.finished');
  const commits = events.filter((event): event is Of<'commit.finished'> => event.type === 'commit.finished');
  const servers = new Map(
    events.flatMap((event) => (event.type === 'verdict.started' ? [[event.application, event.server]] : [])),
  );
  const parts = [
    headline(started, took ? result : undefined, markOf(events, result), links),
    ...imageTable(images.map((event) => event.outcome)),
    ...(result?.command === 'plan' ? plannedImages((result.value ?? {}) as Partial<PlanValue>) : []),
    ...events.flatMap((event) => (event.type === 'commit.previewed' ? previewPart(event.preview, diffs) : [])),
    ...commits.flatMap((event) => commitPart(event.delivery, event.outcome, diffs)),
    ...events.flatMap((event) => (event.type === 'verdict.finished' ? [verdictPart(event.verdict, servers)] : [])),
    ...events.flatMap((event) => (event.type === 'rollback.started' ? [rollbackPart(event)] : [])),
    ...findingTable(events.filter((event): event is Of<'finding'> => event.type === 'finding')),
    ...causesOf(events, result?.errors ?? []).map(errorPart),
  ];
  return fitted(parts, limit, why);
}

/** What a run that ended well without doing what was asked for is headed with: no green mark. */
function markOf(events: readonly Event[], result: Of<'result'> | undefined): string {
  if (result === undefined) return '';
  if (result.exitCode !== 0) return result.exitCode === 130 ? ' ⏹️' : ' ❌';
  const ends = events.flatMap((event) => {
    if (event.type === 'commit.finished') return [event.outcome.is];
    return event.type === 'commit.previewed' && event.preview.instead ? [event.preview.instead.is] : [];
  });
  if (ends.includes('held')) return ' ⏸️ held';
  if (ends.includes('proposed')) return ' 👀 waiting for review';
  return ends.includes('superseded') ? ' ⏭️ superseded' : ' ✅';
}

function headline(
  started: Of<'run.started'> | undefined,
  result: Of<'result'> | undefined,
  end: string,
  links: RunLinks,
): string {
  const took = result === undefined ? '' : ` in ${duration(result.seconds)}`;
  const source = started?.source;
  const what =
    source === undefined
      ? ''
      : `\n\n${linked(code(short(source.commit)), commitPage(links.repo, source.commit))} ${escaped(source.subject)}`;
  const run = safePage(links.run);
  const page = run === undefined ? '' : `${what === '' ? '\n\n' : ' · '}[this run](${run})`;
  return `### Tagboat ${escaped(started?.command ?? 'run')}${took}${end}${what}${page}\n`;
}

/** The worst first, as they are to be mended. */
function findingTable(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const marks = { error: '❌', warning: '⚠️', note: 'ℹ️' };
  const rows = worstFirst(findings).map(({ code: name, severity, message, place, fix }) => {
    const where =
      place === undefined ? '' : code([place.file, place.line].filter((part) => part !== undefined).join(':'));
    return `| ${marks[severity]} | ${escaped(name)} | ${where} | ${escaped(message)} | ${escaped(fix)} |`;
  });
  return [`\n| | Finding | Where | What | What to do |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`];
}

function imageTable(images: readonly ImageOutcome[]): string[] {
  if (images.length === 0) return [];
  const rows = images.map((image) => {
    const tags = image.is === 'skipped' ? [] : (image.tags ?? []);
    const [name, reference] = [escaped(image.name), [image.reference, ...tags].map(code).join(', ')];
    if (image.is === 'skipped') return `| ${name} | not built: ${escaped(image.why)} | ${reference} | | |`;
    const how = image.is === 'built' ? `built (${image.engine})` : 'reused';
    const cells = [name, how, reference, code(short(image.digest)), duration(image.seconds)];
    return `| ${cells.join(' | ')} |`;
  });
  return [`\n| Image | | Reference | Digest | Took |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`];
}

function rollbackPart({ delivery, commit, why }: Of<'rollback.started'>): string {
  return `\n↶ **${escaped(delivery)}**: rolled back ${code(short(commit))}: ${escaped(why)}\n`;
}

function verdictPart(verdict: Verdict, servers: ReadonlyMap<string, string>): string {
  const { application, commit, revision = commit, seconds, why } = verdict;
  const health = healthOf(verdict);
  const mark = health === 'healthy' ? '✅' : '❌';
  const by = verdict.is === 'superseded' ? `superseded by ${code(short(verdict.by))}, which is ` : '';
  const tree = verdict.is === 'healthy' ? [] : reasonLines(verdict.reasons);
  const because = health === 'healthy' ? '' : `: ${escaped(why)}`;
  const head = `\n${mark} ${linked(`**${escaped(application)}**`, applicationPage(servers.get(application), application))}: ${by}${escaped(health)} with ${code(short(revision))} after ${duration(seconds)}${because}\n`;
  return tree.length === 0 ? head : `${head}\n${fenced('', cut(tree.join('\n'), 16_000))}`;
}

function errorPart(cause: Cause): string {
  const { error } = cause;
  const place = error.place === undefined ? '' : `\n${fenced('', describePlace(error.place))}`;
  const peer = error.peer?.text === undefined ? '' : `\n${fenced('', cut(error.peer.text, 4_000))}`;
  const alone = leftAlone(error.peer);
  const wait = alone === undefined ? '' : `\n${alone}\n`;
  const named = error.code === 'BUG' ? error.code : `[${escaped(error.code)}](${helpUrl(error.code)})`;
  return `\n**${named}**: ${paragraphs(hitWords(cause) + error.message)}${place}${peer}${wait}\n→ ${paragraphs(error.hint)}`;
}

/** A text whose further lines (a policy) stay as they are, in a block. */
function paragraphs(text: string): string {
  const [first = '', ...rest] = text.split('\n');
  const block = rest.join('\n').replace(/^\n+|\n+$/g, '');
  return block === '' ? `${escaped(first)}\n` : `${escaped(first)}\n\n${fenced('', block)}`;
}
