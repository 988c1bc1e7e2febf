import { appendFileSync, statSync } from 'node:fs';
import { describePlace } from '../../errors/place.ts';
import { helpUrl } from '../../errors.ts';
import type { Event } from '../../events.ts';
import { healthOf, type Verdict } from '../../plan/deploy.ts';
import { type Finding, worstFirst } from '../../plan/finding.ts';
import type { CommitOutcome, CommitPreview, ImageOutcome } from '../../plan/outcome.ts';
import { changeNote } from './change-words.ts';
import { duration, oneLine, printable, short } from './printable.ts';
import { type Cause, causesOf, hitWords } from './report/causes.ts';
import { applicationPage, commitPage, type RunLinks, safePage } from './report/links.ts';
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

/** A run as GitHub's Markdown, at most `limit` bytes. Everything that comes from elsewhere is escaped. */
export function summaryOf(events: readonly Event[], limit: number, links: RunLinks = {}): string {
  const started = events.find((event): event is Of<'run.started'> => event.type === 'run.started');
  const result = events.find((event): event is Of<'result'> => event.type === 'result');
  const images = events.filter((event): event is Of<'image.finished'> => event.type === 'image.finished');
  const commits = events.filter((event): event is Of<'commit.finished'> => event.type === 'commit.finished');
  const servers = new Map(
    events.flatMap((event) => (event.type === 'verdict.started' ? [[event.application, event.server]] : [])),
  );
  const parts = [
    headline(started, result, markOf(events, result), links),
    ...imageTable(images.map((event) => event.outcome)),
    ...events.flatMap((event) => (event.type === 'commit.previewed' ? previewPart(event) : [])),
    ...commits.flatMap((event) => commitPart(event.delivery, event.outcome)),
    ...events.flatMap((event) => (event.type === 'verdict.finished' ? [verdictPart(event.verdict, servers)] : [])),
    ...events.flatMap((event) => (event.type === 'rollback.started' ? [rollbackPart(event)] : [])),
    ...findingTable(events.filter((event): event is Of<'finding'> => event.type === 'finding')),
    ...causesOf(events, result?.errors ?? []).map(errorPart),
  ];
  return fitted(parts, limit);
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

function commitPart(name: string, outcome: CommitOutcome): string[] {
  const where = `${code(outcome.branch)} of ${escaped(outcome.repo)}`;
  switch (outcome.is) {
    case 'landed':
      return [
        `\n**${escaped(name)}**: landed ${code(short(outcome.commit))}${viewed(commitPage(outcome.repo, outcome.commit))} on ${where}\n`,
        ...changesPart(outcome),
      ];
    case 'proposed': {
      const { number, url } = outcome.pullRequest;
      return [
        `\n**${escaped(name)}**: waiting for review as ${linked(`pull request ${number}`, safePage(url))} into ${where}\n`,
        ...changesPart(outcome),
      ];
    }
    case 'unchanged':
      return [`\n**${escaped(name)}**: unchanged, ${where} already says so\n`];
    case 'superseded':
      return [`\n**${escaped(name)}**: superseded by ${code(short(outcome.by))}: ${escaped(outcome.why)}\n`];
    case 'held':
      return [
        `\n**${escaped(name)}**: held by ${escaped(outcome.by)}${outcome.until === undefined ? '' : ` until ${escaped(outcome.until)}`}: ${escaped(outcome.why)}\n`,
      ];
  }
}

function changesPart({ changes, diff }: Pick<CommitPreview, 'changes' | 'diff'>): string[] {
  const lines = changes.map((change) => {
    const note = changeNote(change);
    const values = `${change.before === undefined ? '(new)' : code(change.before)} → ${code(change.after)}`;
    return `- ${code(change.file)} ${code(change.path)}: ${values}${note === '' ? '' : ` (${escaped(note)})`}\n`;
  });
  return [...lines, `\n${fenced('diff', cut(diff, diffLimit))}`];
}

/** What a plan would commit. */
function previewPart({ delivery, preview }: Of<'commit.previewed'>): string[] {
  const { branch, repo, changes, instead } = preview;
  const where = `${code(branch)} of ${escaped(repo)}`;
  const head = instead === undefined ? [] : commitPart(delivery, instead);
  if (changes.length === 0) return [...head, `\n**${escaped(delivery)}**: ${where} already says so, no commit\n`];
  const would = instead === undefined ? 'would commit to' : 'it would set, on';
  return [...head, `\n**${escaped(delivery)}**: ${would} ${where}\n`, ...changesPart(preview)];
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

/** A link beside a thing, where it has a page. */
function viewed(page: string | undefined): string {
  return page === undefined ? '' : ` ([view](${page}))`;
}

/** Text that is Markdown already, as a link where there is a page. */
function linked(text: string, page: string | undefined): string {
  return page === undefined ? text : `[${text}](${page})`;
}

/** Text as text: every character that means something in Markdown or HTML as an entity, on one line. */
export function escaped(text: string): string {
  return oneLine(text).replace(/[!-/:-@[-`{-~]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Text as code. By entities too: a backtick or a table's bar would end a code span of Markdown's own. */
function code(text: string): string {
  return `<code>${escaped(text)}</code>`;
}

/** A code block whose fence is longer than any run of backticks in it. */
function fenced(language: string, text: string): string {
  const clean = printable(text).replace(/\n$/, '');
  const longest = Math.max(2, ...[...clean.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${clean}\n${fence}\n`;
}

function cut(text: string, characters: number): string {
  return text.length <= characters
    ? text
    : `${text.slice(0, characters)}\n… (${text.length - characters} characters more)`;
}

/** As many whole parts as fit: half a code block would swallow what another step writes below. */
function fitted(parts: readonly string[], limit: number): string {
  const more = '\n… cut here: a job summary holds one mebibyte.\n';
  let size = 0;
  const kept: string[] = [];
  for (const [at, part] of parts.entries()) {
    const reserve = at === parts.length - 1 ? 0 : Buffer.byteLength(more);
    const bytes = Buffer.byteLength(part);
    if (size + bytes + reserve > limit) {
      return size + Buffer.byteLength(more) <= limit ? kept.join('') + more : kept.join('');
    }
    kept.push(part);
    size += bytes;
  }
  return kept.join('');
}
