import { actionReference } from '../../run/version.ts';
import { conditionOf, type Takeover } from '../decide.ts';
import type { WorkflowJob } from '../github.ts';
import type { FoundImage } from '../parts.ts';
import type { ByteSplice } from '../pipeline.ts';
import type { ReadJob } from '../read-job.ts';
import { asExpression, variableValue } from '../value.ts';
import type { WrittenConfig } from './config-text.ts';

/** Which of Tagboat's commands does what is taken over. */
export type TagboatCommand = 'ship' | 'build' | 'commit';

/** The splices that take a job's steps out and put Tagboat's where the last of them stood that does part of the delivery. */
export function spliceGitHub(
  text: string,
  job: WorkflowJob,
  read: ReadJob,
  decision: Takeover,
  {
    command,
    config,
    variables,
  }: Pick<WrittenConfig, 'variables'> & { readonly command: TagboatCommand; readonly config: string },
): ByteSplice[] {
  const { removed, doing } = decision;
  const last = doing.at(-1)?.step.at;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const hasCheckout = read.steps.some(
    ({ step, found }) =>
      !removed.has(step.at) &&
      step.uses?.startsWith('actions/checkout@') === true &&
      !found.some(({ fact }) => fact.is === 'checkout'),
  );
  const lines = [
    ...(hasCheckout ? [] : ['- uses: actions/checkout@v4']),
    ...stepLines(decision, command, config, variables),
  ];
  const put = lines.map((line) => `${job.indent}${line}${newline}`).join('');
  return job.steps.flatMap(({ at, from, to }): ByteSplice[] => {
    if (!removed.has(at)) return [];
    const blank = /^(?:[ \t]*\r?\n)*/.exec(text.slice(from, to))?.[0] ?? '';
    return [{ from, to, text: at === last ? blank + put : '' }];
  });
}

function stepLines(
  { deliveries, images, doing }: Takeover,
  command: TagboatCommand,
  config: string,
  env: WrittenConfig['variables'],
): string[] {
  const own = deliveries.length > 0 ? variableValue('GITHUB_TOKEN', 'github.token', true) : undefined;
  const token = deliveries.map((one) => one.token).find((one) => one !== undefined) ?? own;
  const argocd = deliveries.flatMap(({ applications }) => applications).find((one) => one.token !== undefined)?.token;
  const inputs = {
    command: command === 'ship' ? undefined : command,
    config: config === 'tagboat.yaml' ? undefined : config,
    token: token === undefined ? undefined : asExpression(token),
    'argocd-token': argocd === undefined || argocd.includes('\uE000unknown') ? undefined : asExpression(argocd),
  };
  const given = Object.entries(inputs).flatMap(([name, value]) =>
    value === undefined ? [] : [`    ${name}: ${value}`],
  );
  const condition = doing.map(conditionOf).find((one) => one !== undefined);
  const when = condition === undefined ? [] : [`  if: ${condition}`];
  const moved = images.flatMap((image) => movedTags(image));
  return [
    `- uses: ${actionReference}`,
    ...when,
    ...(env.length === 0 ? [] : ['  env:', ...env.map(({ name, expression }) => `    ${name}: \${{ ${expression} }}`)]),
    ...(given.length === 0 ? [] : ['  with:', ...given]),
    ...(moved.length === 0 ? [] : ['- name: Move the other tags', ...when, '  run: |', ...moved]),
  ];
}

/** Tags beside the one that is delivered, moved to the same image. */
function movedTags({ refs, tag, reference }: FoundImage): string[] {
  return refs
    .filter((ref) => !ref.endsWith(`:${tag}`))
    .map((ref) => {
      const name = ref.slice(0, ref.length - (ref.split(':').at(-1)?.length ?? 0));
      return `    docker buildx imagetools create --tag "${asExpression(ref)}" "${asExpression(`${name}${reference.tag ?? ''}`)}"`;
    });
}
