import { listHolds } from '../../commit/holds/list-holds.ts';
import type { HoldsValue } from '../../events/json-event.ts';
import type { StandingHold } from '../../plan/listed.ts';
import type { CommonOptions } from '../run/options.ts';
import type { Body } from '../run/session.ts';
import { oneLine } from '../show/printable.ts';
import { atAGlance } from './see/glance.ts';
import { askEachBranch } from './target/each-branch.ts';
import type { TargetOptions } from './target/target.ts';

/** `tagboat holds`: the holds on the config's branches, or on one that is named. */
export function holds(common: CommonOptions, name: string | undefined, options: TargetOptions): Body {
  return atAGlance(async (session) => {
    const { world } = session;
    const { answers, errors } = await askEachBranch(session, { common, name, options }, (place, credential) =>
      listHolds(world, place, credential),
    );
    const value: HoldsValue = { branches: answers.map(({ answer, ...place }) => ({ ...place, holds: answer })) };
    for (const one of value.branches) session.print(`${wordsOf(one)}\n`);
    return { errors, value };
  });
}

function wordsOf({ repo, branch, holds: all }: HoldsValue['branches'][number]): string {
  const where = `${oneLine(branch)} of ${oneLine(repo)}`;
  if (all.length === 0) return `= Nothing is held on ${where}.`;
  const head = `${all.length} ${all.length === 1 ? 'hold' : 'holds'} on ${where}:`;
  return [head, ...all.flatMap((one) => lines(one))].join('\n');
}

function lines(hold: StandingHold): string[] {
  const { file, path, value, by, why, since, until, app, delivery, ended } = hold;
  const madeFor = [app, delivery].filter((one) => one !== undefined).map(oneLine);
  const end = until === undefined ? 'until it is released' : `until ${oneLine(until)}`;
  const indent = ' '.repeat(4);
  return [
    `· ${oneLine(`${file} ${path}`)} = ${oneLine(value)}${madeFor.length === 0 ? '' : `  for ${madeFor.join(' ')}`}`,
    `${indent}${oneLine(by)}: ${oneLine(why)}`,
    `${indent}since ${oneLine(since)}, ${ended ? `ended ${oneLine(until ?? '')}: it counts as none` : end}`,
  ];
}
