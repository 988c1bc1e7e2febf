import type { MigrateValue } from '../../events/json-event.ts';
import type { Takeover } from './decide.ts';
import type { ReadJob } from './read-job.ts';
import { isReason } from './recognise/actions.ts';

/** What was done with one step, where it stands, and why. */
export type StepReport = MigrateValue['findings'][number];

/** What is told of each step of a job. */
export function told(
  file: string,
  { job, steps }: ReadJob,
  { removed, doing, left, images, deliveries }: Takeover,
): StepReport[] {
  const any = images.length + deliveries.length > 0;
  const findings = steps.flatMap(({ step, found, unclear }): StepReport[] => {
    const at = { file, job: job.name, step: step.label };
    const why = left.find((one) => one.step === step.at);
    const notes = removed.has(step.at)
      ? found.flatMap(({ fact, line }): StepReport[] =>
          fact.is === 'note' ? [{ ...at, line, is: 'note', text: fact.text }] : [],
        )
      : [];
    if (removed.has(step.at))
      return [{ ...at, line: step.line, is: 'replaced', text: saying(found.map(({ fact }) => fact.is)) }, ...notes];
    if (why !== undefined) return [{ ...at, line: why.line, is: 'left', text: why.why }];
    if (unclear?.delivers === true) {
      const text = isReason(unclear.why) ? unclear.why : `${unclear.why} is not understood`;
      return [{ ...at, line: unclear.line, is: 'left', text }];
    }
    const stays = found.find(({ fact }) => fact.is === 'stays')?.fact;
    const plain = unclear
      ? `it is no part of a delivery that is known (${unclear.why})`
      : 'other steps need it, or what it is for stays';
    const text = stays?.is === 'stays' ? stays.why : plain;
    // What stood between two of them was done after the first.
    const [first, last] = [doing[0]?.step.at ?? 0, doing.at(-1)?.step.at ?? 0];
    const order = unclear !== undefined && step.at > first && step.at < last ? '; it runs before all of it now' : '';
    return any || unclear === undefined ? [{ ...at, line: step.line, is: 'kept', text: `${text}${order}` }] : [];
  });
  const whole = left.filter((one) => one.step === undefined || !steps.some(({ step }) => step.at === one.step));
  return [
    ...findings,
    ...whole.map(({ line, why }): StepReport => ({ file, line, job: job.name, step: '', is: 'left', text: why })),
  ];
}

const words: Readonly<Record<string, string>> = {
  build: 'builds',
  push: 'pushes',
  alias: 'tags',
  edit: 'sets a value',
  replace: 'sets a value',
  commit: 'commits',
  pushed: 'pushes the commit',
  application: 'waits for Argo CD',
  checkout: 'fetches the config repo',
  aws: 'gets rights on AWS',
  login: 'logs in to the registry',
};

function saying(facts: readonly string[]): string {
  const all = [...new Set(facts.flatMap((is) => words[is] ?? []))];
  return all.length === 0 ? 'what it prepares is not needed any more' : all.join(', ');
}
