import { usageError } from '../../errors.ts';
import type { FileWrite } from '../../plan/pull-request.ts';
import type { DeliveryPlan, Source } from '../../plan.ts';
import type { Config, DeliveryConfig } from '../shape/checked.ts';
import { appOf, writeMessage } from './message.ts';
import { namedOf } from './part.ts';
import { defaultPerson, type Identity, withNumber } from './run.ts';

interface RetireRequest extends Identity {
  readonly number: number;
  /** The pull request's newest commit, and its time (`Source`), where they are known. */
  readonly head: string | undefined;
  readonly at: string | undefined;
  readonly source: Source;
  /** Only these deliveries. */
  readonly deliveries: readonly string[] | undefined;
  readonly force: boolean;
}

/** Commits that remove what was written for a pull request. Pure. Throws USAGE. */
export function planRetire(config: Config, request: RetireRequest): DeliveryPlan[] {
  const { deliveries: asked } = request;
  const writing = config.deliveries.filter(({ write }) => write.length > 0);
  const that = ' that writes files for pull requests (write:)';
  const named = namedOf(writing, asked, { kind: 'delivery', of: config, that, command: 'retire' });
  if (writing.length === 0) throw usageError(`${config.file} has no delivery${that}.`, 'retire');
  return named.map((one) => planOne(one, request));
}

function planOne(
  delivery: DeliveryConfig,
  { number, head, at, source, force, ...identity }: RetireRequest,
): DeliveryPlan {
  const { name, repo, branch, via, order } = delivery;
  const filled = (text: string): string => withNumber(text, number);
  const writes = delivery.write.map(({ file }): FileWrite => {
    const folders = file.split('/').slice(0, -1);
    const own = folders.slice(0, folders.findLastIndex((folder) => folder.includes('{pr}')) + 1).join('/');
    const folder = own === '' ? undefined : filled(own);
    return { file: filled(file), template: undefined, values: {}, force, folder };
  });
  const trailers = [
    { key: 'Tagboat-App', value: appOf(source) },
    {
      key: 'Tagboat-Source',
      value: head === undefined ? '' : source.url === undefined ? head : `${source.url}@${head}`,
    },
    { key: 'Tagboat-Run', value: source.runUrl ?? '' },
  ];
  const committer = defaultPerson(identity);
  return {
    ...{ name, repo, branch, via, order, edits: [], writes, deploy: undefined, committer },
    author: delivery.author ?? committer,
    message: writeMessage({
      ...{ text: `Retire pull request ${number}`, trailers, delivery: name, edits: [], source: undefined, writes },
      pullRequest: { number, at },
    }),
  };
}
