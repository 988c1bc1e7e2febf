import type { HistoryRecord, RecordedSource, Setting } from '../../plan/history.ts';
import type { HeldPlace } from '../../plan/holds.ts';
import type { Person } from '../../plan.ts';
import type { HistoryCommit } from '../../wire/git/ancestry.ts';
import { isObjectId, type ObjectId } from '../../wire/git/pack/object.ts';
import { beginning } from '../../wire/text/shorten.ts';
import { placeIn, settingIn, sourceOf, trailersOf, type Writer } from '../order/trailers.ts';

/** Characters of a text that is kept, and places of one commit. A message is as long as its writer likes. */
const mostText = 500;
const mostPlaces = 1_000;

/** When a line of the branch was put there. */
export interface Landed {
  readonly id: ObjectId;
  readonly commit: HistoryCommit;
  /** The one by which it came onto the branch's own line: itself, or the merge that took it in. */
  readonly by: HistoryCommit;
}

/** What a commit says it was. Pure, and never throws: a message that says nothing proper is another tool's. */
export function recordOf({ id, commit, by }: Landed): HistoryRecord {
  const { message, author } = commit;
  const trailers = trailersOf(message);
  const lasts = new Map<string, string>();
  const settings: Setting[] = [];
  const held: HeldPlace[] = [];
  const released: HeldPlace[] = [];
  const wrote: string[] = [];
  const removed: string[] = [];
  for (const { key, value } of trailers) {
    if (key === 'Tagboat-Set') add(settings, settingIn(value));
    else if (key === 'Tagboat-Hold') add(held, placeIn(value));
    else if (key === 'Tagboat-Release') add(released, placeIn(value));
    else if (key === 'Tagboat-Write') add(wrote, fileIn(value));
    else if (key === 'Tagboat-Retire') add(removed, fileIn(value));
    else lasts.set(key, value);
  }
  const last = (key: string): string | undefined => {
    const value = lasts.get(key);
    return value && beginning(value, mostText);
  };
  const to = last('Tagboat-Rollback-To');
  const promoted = last('Tagboat-Promote');
  const source = sourceIn(sourceOf(message, trailers), last);
  const is =
    to !== undefined
      ? 'rolledBack'
      : promoted !== undefined
        ? 'promoted'
        : held.length > 0
          ? 'held'
          : released.length > 0
            ? 'released'
            : settings.length > 0 || source !== undefined
              ? 'delivered'
              : 'other';
  const why = is === 'delivered' || is === 'other' ? undefined : whyIn(message);
  // Thousands are held: an object put together from parts would take V8 twice the memory of one that is written out.
  return {
    is,
    commit: id,
    author: short(author),
    landedAt: timeOf(by.committer.seconds),
    subject: beginning(message.split('\n', 1)[0] ?? '', mostText),
    app: last('Tagboat-App'),
    delivery: last('Tagboat-Delivery'),
    settings,
    places: [...held, ...released],
    ...(wrote.length > 0 && { wrote }),
    ...(removed.length > 0 && { removed }),
    source,
    run: pageIn(last('Tagboat-Run')),
    why,
    to: to !== undefined && isObjectId(to) ? to : undefined,
    from: promoted?.replace(/@[0-9a-f]+$/, ''),
  };
}

function add<T>(to: T[], one: T | undefined): void {
  if (one !== undefined && to.length < mostPlaces) to.push(one);
}

function fileIn(text: string): string | undefined {
  return text.length > 0 && text.length <= 1_000 ? text : undefined;
}

function sourceIn(own: Writer | undefined, last: (key: string) => string | undefined): RecordedSource | undefined {
  if (own === undefined) return undefined;
  const { commit, url = last('Argocd-reference-commit-repourl') } = own;
  // Argo CD's own trailers may be of another commit than ours: a promoted or earlier value has none.
  if (last('Argocd-reference-commit-sha') !== commit) return { commit, url: url && beginning(url, mostText) };
  const [, name = '', email = ''] = /^(.*?) ?<([^<>]*)>$/.exec(last('Argocd-reference-commit-author') ?? '') ?? [];
  const date = Date.parse(last('Argocd-reference-commit-date') ?? '');
  return {
    commit,
    url: url && beginning(url, mostText),
    subject: last('Argocd-reference-commit-subject'),
    author: name === '' ? undefined : { name, email },
    committedAt: Number.isNaN(date) ? undefined : new Date(date).toISOString(),
  };
}

/** A page that may be linked to: nothing but an address of the web. */
function pageIn(text: string | undefined): string | undefined {
  return text !== undefined && /^https?:\/\/[^\s\p{Cc}]+$/u.test(text) && URL.canParse(text) ? text : undefined;
}

/** The paragraph behind the subject, where the trailers aren't that already. */
function whyIn(message: string): string | undefined {
  const [, second, ...rest] = message.trimEnd().split(/\n\n+/);
  return second === undefined || rest.length === 0 ? undefined : beginning(second.replaceAll('\n', ' '), mostText);
}

function short({ name, email }: Person): Person {
  return { name: beginning(name, mostText), email: beginning(email, mostText) };
}

/** A commit's time is whatever its writer put there. */
function timeOf(seconds: number): string {
  const time = new Date(seconds * 1_000);
  return Number.isNaN(time.getTime()) || time.getUTCFullYear() > 9_999 ? new Date(0).toISOString() : time.toISOString();
}
