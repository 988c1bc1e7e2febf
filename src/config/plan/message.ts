import type { FileWrite, ProposedSource } from '../../plan/pull-request.ts';
import type { Edit, Person, Source } from '../../plan.ts';

interface Parts {
  /** What people read, already filled in. */
  readonly text: string;
  readonly trailers: readonly { readonly key: string; readonly value: string }[];
  readonly delivery: string | undefined;
  readonly edits: readonly Edit[];
  readonly source: Source | undefined;
  readonly writes?: readonly FileWrite[] | undefined;
  /** The app repo's pull request that this is delivered for, or retired. Default: the one that the source is of. */
  readonly pullRequest?: Pick<ProposedSource, 'number' | 'at'> | undefined;
}

/**
 * The whole commit message. Its last paragraph holds the trailers that `history` and Argo CD read: what was set, from
 * which commit, by which run. Argo CD's are those of its "Commit Tracing" (source hydrator).
 */
export function writeMessage(parts: Parts): string {
  const { text, trailers, delivery, edits, source, writes = [], pullRequest = source?.pullRequest } = parts;
  const lines = [
    ...trailers,
    { key: 'Tagboat-App', value: source === undefined ? '' : appOf(source) },
    { key: 'Tagboat-Delivery', value: delivery ?? '' },
    ...edits.map((edit) => ({ key: 'Tagboat-Set', value: settingOf(edit) })),
    ...writes.map(({ file, template }) => ({ key: template ? 'Tagboat-Write' : 'Tagboat-Retire', value: file })),
    { key: 'Tagboat-Pull-Request', value: pullRequest ? `${pullRequest.number} ${pullRequest.at ?? ''}` : '' },
    ...(source === undefined ? [] : sourceTrailers(source)),
  ]
    .map(({ key, value }) => ({ key, value: withoutControls(value) }))
    .filter(({ value }) => value !== '')
    .map(({ key, value }) => `${key}: ${value}`);
  const body = text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .trim();
  return `${lines.length === 0 ? body : `${body}\n\n${lines.join('\n')}`}\n`;
}

function sourceTrailers(source: Source): { key: string; value: string }[] {
  // A merge of a pull request is of no history: its newest commit is what later runs are compared with.
  const commit = source.pullRequest?.head ?? source.commit;
  const at = source.url === undefined ? commit : `${source.url}@${commit}`;
  const argo = 'Argocd-reference-commit';
  return [
    { key: 'Tagboat-Source', value: at },
    { key: 'Tagboat-Git-Tag', value: source.gitTag ?? '' },
    { key: 'Tagboat-Run', value: source.runUrl ?? '' },
    { key: `${argo}-author`, value: personText(source.author) },
    { key: `${argo}-sha`, value: source.commit },
    { key: `${argo}-subject`, value: source.subject },
    { key: `${argo}-repourl`, value: source.url ?? '' },
    { key: `${argo}-date`, value: source.committedAt },
  ];
}

/** The app's name: its repository's path on its host, or its folder's name. */
export function appOf({ url, dir }: Source): string {
  const path = url !== undefined && URL.canParse(url) ? new URL(url).pathname : undefined;
  const name = path?.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return name || (dir.split(/[\\/]/).findLast((part) => part !== '') ?? '');
}

/** As `--set` takes it, so that it can be read back; long values and those of several lines are left to the diff. */
function settingOf({ file, path, value }: Edit): string {
  return value.length > 500 || /\p{Cc}/u.test(value) ? '' : `${file}:${path}=${value}`;
}

export function personText({ name, email }: Person): string {
  return `${name.replace(/[<>]/g, '')} <${email.replace(/[<>\s]/g, '')}>`;
}

/** On one line: a line break in a commit's subject or a branch's name would let it forge a trailer of ours. */
export function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
