import { actionReference } from '../../run/version.ts';
import type { Job } from '../steps.ts';

/** What stands in the place of the steps that go. */
export interface NewStep {
  readonly command: 'ship' | 'build' | 'commit';
  readonly config: string | undefined;
  /** The app repo has to be checked out first. */
  readonly checkout: boolean;
  readonly condition: string | undefined;
  readonly env: readonly { readonly name: string; readonly expression: string }[];
  readonly token: string | undefined;
  readonly argocdToken: string | undefined;
  /** Tags beside the one that is delivered: what they are moved from and to. */
  readonly moved: readonly { readonly from: string; readonly to: string }[];
}

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The splices that take a job's steps out and put the new one where the last of them stood. */
export function spliceJob(job: Job, removed: ReadonlySet<number>, last: number, step: NewStep, text: string): Splice[] {
  return job.steps.flatMap((one): Splice[] => {
    if (!removed.has(one.at)) return [];
    if (one.at !== last) return [{ from: one.from, to: one.to, text: '' }];
    const blank = /^(?:[ \t]*\r?\n)*/.exec(text.slice(one.from, one.to))?.[0] ?? '';
    const newline = text.includes('\r\n') ? '\r\n' : '\n';
    return [{ from: one.from, to: one.to, text: blank + stepText(step, job.indent).replaceAll('\n', newline) }];
  });
}

/** The text with the splices done; they don't overlap. */
export function splicedText(text: string, splices: readonly Splice[]): string {
  return splices
    .toSorted((a, b) => b.from - a.from)
    .reduce((done, { from, to, text: put }) => done.slice(0, from) + put + done.slice(to), text);
}

function stepText(
  { command, config, checkout, condition, env, token, argocdToken, moved }: NewStep,
  indent: string,
): string {
  const inputs = [
    ...(command === 'ship' ? [] : [['command', command]]),
    ...(config === undefined ? [] : [['config', config]]),
    ...(token === undefined ? [] : [['token', token]]),
    ...(argocdToken === undefined ? [] : [['argocd-token', argocdToken]]),
  ];
  const lines = [
    ...(checkout ? ['- uses: actions/checkout@v4'] : []),
    `- uses: ${actionReference}`,
    ...(condition === undefined ? [] : [`  if: ${condition}`]),
    ...(env.length === 0 ? [] : ['  env:', ...env.map(({ name, expression }) => `    ${name}: \${{ ${expression} }}`)]),
    ...(inputs.length === 0 ? [] : ['  with:', ...inputs.map(([name, value]) => `    ${name}: ${value}`)]),
  ];
  if (moved.length > 0) {
    lines.push('- name: Move the other tags', ...(condition === undefined ? [] : [`  if: ${condition}`]), '  run: |');
    lines.push(...moved.map(({ from, to }) => `    docker buildx imagetools create --tag "${to}" "${from}"`));
  }
  return lines.map((line) => `${indent}${line}\n`).join('');
}
