import type { HeldPlace } from '../../plan/holds.ts';
import type { Change } from '../../plan/outcome.ts';
import { headOf } from '../../plan/pull-request.ts';
import type { DeliveryPlan } from '../../plan.ts';
import type { Draft } from '../../wire/forge/forge.ts';
import { codeSpan, inert } from '../../wire/text/inert.ts';
import { beginning } from '../../wire/text/shorten.ts';
import { sourceOf } from '../order/trailers.ts';

/** Longest title that all hosts take, and changes that a body lists. */
const longestTitle = 200;
const mostListed = 50;
const longestValue = 200;

/** Stands in one that Tagboat closed itself, which is no reviewer's no. */
export const closedByUs = 'Closed by Tagboat: nothing of it is left to propose.';

/** What a delivery's pull request says. What others wrote (values, subjects) stands in it as text. Pure. */
export function draftOf(delivery: DeliveryPlan, changes: readonly Change[]): Draft {
  const { message, branch, pullRequest } = delivery;
  const [first = ''] = message.split('\n');
  const listed = changes.slice(0, mostListed).map(({ file, path, before, after }) => {
    const was = before === undefined ? '(new)' : shown(before);
    return `- ${codeSpan(file)} ${codeSpan(path)}: ${was} → ${shown(after)}`;
  });
  const more = changes.length > mostListed ? [`- … and ${changes.length - mostListed} more`] : [];
  const source = sourceOf(message);
  const from =
    source === undefined
      ? []
      : [`From ${codeSpan(source.url === undefined ? source.commit : `${source.url}@${source.commit}`)}.`];
  const own =
    'Tagboat keeps this up to date: a later run changes it in place, and closes it when nothing is left to propose. Commits that somebody else adds to the branch stay.';
  const parts = [pullRequest?.body, [...listed, ...more].join('\n'), ...from, own];
  return {
    head: headOf(delivery),
    base: branch,
    title: beginning(pullRequest?.title ?? inert(first), longestTitle).trim() || headOf(delivery),
    body: parts.filter((part) => part !== undefined && part !== '').join('\n\n'),
  };
}

/** Whether a body as `draftOf` writes it lists just these values. Pure. */
export function saysJust(body: string, values: readonly (HeldPlace & { readonly to: string })[], own = ''): boolean {
  const lines = body
    .replace(/\r\n?/g, '\n')
    .replace(own, () => '')
    .split('\n');
  const listed = lines.filter((line) => /^- `.*: .* → `/.test(line));
  const more = lines.flatMap((line) => /^- … and (\d+) more$/.exec(line)?.[1] ?? []);
  const isListed = ({ file, path, to }: (typeof values)[number]): boolean =>
    listed.some(
      (line) => line.startsWith(`- ${codeSpan(file)} ${codeSpan(path)}: `) && line.endsWith(` → ${shown(to)}`),
    );
  return listed.length + Number(more[0] ?? 0) === values.length && values.filter(isListed).length === listed.length;
}

function shown(value: string): string {
  return codeSpan(value.length > longestValue ? `${beginning(value, longestValue)}…` : value);
}
