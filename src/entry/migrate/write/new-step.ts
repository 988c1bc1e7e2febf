import { conditionOf, type Takeover } from '../decide.ts';
import type { FoundImage } from '../parts.ts';
import type { ReadJob } from '../read-job.ts';
import { asExpression, variableValue } from '../value.ts';
import type { NewStep } from './rewrite-workflow.ts';

/** The numbers of the removed steps that do part of the delivery. */
export function contributing(read: ReadJob | undefined, { removed }: Takeover): number[] {
  const does = ['build', 'push', 'edit', 'replace', 'commit', 'pushed', 'application'];
  return (read?.steps ?? [])
    .filter(({ step, found }) => removed.has(step.at) && found.some(({ fact }) => does.includes(fact.is)))
    .map(({ step }) => step.at);
}

/** The step that takes the place of those that go. */
export function newStep(
  { deliveries, images, removed }: Takeover,
  read: ReadJob | undefined,
  all: readonly FoundImage[],
  { config, variables, checkout }: Pick<NewStep, 'config' | 'checkout'> & { readonly variables: NewStep['env'] },
): NewStep {
  const doing =
    read?.steps.filter(
      ({ step }) => removed.has(step.at) && contributing(read, { removed } as Takeover).includes(step.at),
    ) ?? [];
  const token = deliveries.map((one) => one.token).find((one) => one !== undefined);
  const own = deliveries.length > 0 ? asExpression(variableValue('GITHUB_TOKEN', 'github.token', true)) : undefined;
  const argocdToken = deliveries
    .flatMap(({ applications }) => applications.map((one) => one.token))
    .find((one) => one !== undefined);
  const known = argocdToken !== undefined && !argocdToken.includes('\uE000unknown') ? argocdToken : undefined;
  const moved = images.flatMap(({ refs, tag, reference }) =>
    refs
      .filter((ref) => !ref.endsWith(`:${tag}`))
      .map((ref) => ({
        from: asExpression(`${ref.slice(0, ref.length - (ref.split(':').at(-1)?.length ?? 0))}${reference.tag ?? ''}`),
        to: asExpression(ref),
      })),
  );
  const names = new Set([...(read?.givers.keys() ?? [])]);
  return {
    command: deliveries.length === 0 ? 'build' : images.length === 0 ? 'commit' : 'ship',
    config,
    checkout,
    condition: doing.map(conditionOf).find((one) => one !== undefined),
    env: variables.filter(
      ({ name, expression }) => !expression.startsWith('steps.') || names.has(name) || all.length > 0,
    ),
    token: token === undefined ? own : asExpression(token),
    argocdToken: known === undefined ? undefined : asExpression(known),
    moved,
  };
}
