import { createHash } from 'node:crypto';
import { appOf } from '../../../config/plan/message.ts';
import { type hookVariables, parseTemplate } from '../../../config/shape/template.ts';
import { badEnds, type DeliveryEnd, type HookPlan } from '../../../plan/outcome.ts';
import type { Source } from '../../../plan.ts';
import { hookBodies } from '../../../wire/hook/forms.ts';
import { beginning } from '../../../wire/text/shorten.ts';
import { oneLine } from '../../show/printable.ts';
import { commitPage, safePage } from '../../show/report/links.ts';
import type { Ended, EndedDelivery } from './ends.ts';

/** What a message is of. */
export interface ToldEnd {
  readonly command: string;
  readonly delivery: EndedDelivery['delivery'];
  readonly end: Ended;
  /** Undefined where the run is of no commit, or of one whose subject nobody here knows. */
  readonly source: Source | undefined;
  /** ISO 8601. */
  readonly at: string;
  /** The same for a run that is started again. */
  readonly run: string | undefined;
}

type HookVariable = (typeof hookVariables)[number];

const words: Readonly<Record<DeliveryEnd, string>> = {
  landed: '✅ {delivery} has {shortCommit} {subject}',
  healthy: '✅ {delivery} is healthy with {shortCommit} {subject}',
  proposed: '👀 {delivery} waits for review: {shortCommit} {subject}',
  unchanged: '✅ {delivery} had {shortCommit} already',
  superseded: '⏭️ {delivery}: {shortCommit} is superseded',
  held: '⏸️ {delivery} is held and stays as it is',
  degraded: '❌ {delivery} is degraded with {shortCommit} {subject}',
  syncFailed: "❌ {delivery} can't be synced with {shortCommit} {subject}",
  timedOut: '❌ {delivery} is not healthy in time with {shortCommit} {subject}',
  unknown: '❌ {delivery}: nobody knows what became of {shortCommit} {subject}',
  rolledBack: '↩️ {delivery} is rolled back',
  failed: '❌ {delivery} failed with {shortCommit} {subject}',
  interrupted: '⏹️ {delivery}: the run was stopped',
};

/** A value of a message at most, characters: subjects have no limit of their own. */
const longest = 300;
const mostChanges = 100;

/** One message: its id, the same for the same end of the same run, and the body in the hook's form. Pure. */
export function messageFor(
  hook: HookPlan,
  told: ToldEnd,
  clean: (text: string) => string,
): { id: string; body: string } {
  const { delivery, end, source, run } = told;
  const { outcome } = end;
  const configCommit = outcome !== undefined && 'commit' in outcome ? outcome.commit : end.verdicts[0]?.commit;
  const app = source === undefined ? '' : appOf(source);
  const places = delivery.edits.map(({ file, path }) => [file, path]);
  const of = [app, run ?? configCommit, source?.commit, delivery.name, end.is, delivery.repo, delivery.branch, places];
  const id = `tagboat_${createHash('sha256').update(JSON.stringify(of)).digest('base64url').slice(0, 32)}`;
  const page = safePage(source?.runUrl) ?? commitPage(delivery.repo, configCommit ?? '');
  const all: Readonly<Record<HookVariable, string | undefined>> = {
    ...{ delivery: delivery.name, outcome: end.is, why: end.why, app, configCommit, repo: delivery.repo, url: page },
    ...{ commit: source?.commit, shortCommit: source?.commit.slice(0, 12), subject: source?.subject },
    ...{ author: source?.author.name, branch: source?.branch },
  };
  const tone = badEnds.includes(end.is) ? 'bad' : ['healthy', 'landed'].includes(end.is) ? 'good' : 'neutral';
  const usual = `${words[end.is]}${source?.author.name ? ' ({author})' : ''}${tone !== 'good' && end.why ? '\n{why}' : ''}`;
  const valueOf = (name: string): string => {
    const text = oneLine(clean(all[name as HookVariable] ?? ''));
    return text.length > longest ? `${beginning(text, longest)}…` : text;
  };
  const filled = (escape: (text: string) => string): string =>
    parseTemplate(hook.text ?? usual)
      .map((piece) => (typeof piece === 'string' ? piece : escape(valueOf(piece.name))))
      .join('')
      .trim();
  if (hook.as === 'json')
    return { id, body: JSON.stringify(plainBody(id, told, { page, text: filled(String) }, valueOf, clean)) };
  const { escape, body } = hookBodies[hook.as];
  const text = filled(escape) || `${escape(delivery.name)}: ${end.is}`;
  return { id, body: JSON.stringify(body({ text, tone, link: page })) };
}

/** As standardwebhooks.com has its payloads. What others wrote is cleaned, and not escaped for anything. */
function plainBody(
  id: string,
  { command, delivery, end, source, at }: ToldEnd,
  { page, text }: { readonly page: string | undefined; readonly text: string },
  valueOf: (name: string) => string,
  clean: (text: string) => string,
): unknown {
  const { outcome, verdicts, error } = end;
  const changes = outcome !== undefined && 'changes' in outcome ? outcome.changes.slice(0, mostChanges) : [];
  const of = (name: string): string | undefined => valueOf(name) || undefined;
  return {
    ...{ id, type: `tagboat.delivery.${end.is}`, timestamp: at },
    data: {
      ...{ delivery: delivery.name, outcome: end.is, failed: badEnds.includes(end.is), why: of('why'), text, command },
      app: of('app'),
      source: source && {
        ...{ commit: source.commit, branch: of('branch'), subject: of('subject'), author: of('author') },
        ...{ committedAt: source.committedAt, url: safePage(source.url) },
      },
      config: { repo: delivery.repo, branch: delivery.branch, commit: of('configCommit') },
      pullRequest: outcome?.is === 'proposed' ? outcome.pullRequest : undefined,
      changes: changes.map(({ file, path, before, after }) => ({
        ...{ file, path, after: clean(after) },
        before: before === undefined ? undefined : clean(before),
      })),
      applications: verdicts.map(({ application, is, revision, seconds }) => ({ application, is, revision, seconds })),
      error: error && { code: error.code, message: of('why'), hint: clean(error.hint) },
      url: page,
    },
  };
}
