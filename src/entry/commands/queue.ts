import { listWaiting } from '../../commit/queue/list-waiting.ts';
import type { QueueValue } from '../../events/json-event.ts';
import type { Waiting } from '../../plan/listed.ts';
import type { CommonOptions } from '../run/options.ts';
import type { Body } from '../run/session.ts';
import { duration, oneLine, short } from '../show/printable.ts';
import { atAGlance } from './see/glance.ts';
import { askEachBranch } from './target/each-branch.ts';
import type { TargetOptions } from './target/target.ts';

/** `tagboat queue`: the changes that wait to be landed on the config's branches, or on one that is named. */
export function queue(common: CommonOptions, name: string | undefined, options: TargetOptions): Body {
  return atAGlance(async (session) => {
    const { world } = session;
    const { answers, errors } = await askEachBranch(session, { common, name, options }, (place, credential) =>
      listWaiting(world, place, credential),
    );
    const value: QueueValue = { queues: answers.map(({ answer, ...place }) => ({ ...place, waiting: answer })) };
    const now = world.clock.now();
    for (const one of value.queues) session.print(`${wordsOf(one, now)}\n`);
    return { errors, value };
  });
}

function wordsOf({ repo, branch, waiting }: QueueValue['queues'][number], now: number): string {
  const where = `${oneLine(branch)} of ${oneLine(repo)}`;
  if (waiting.length === 0) return `= Nothing waits on ${where}.`;
  const head = `${waiting.length} ${waiting.length === 1 ? 'change waits' : 'changes wait'} on ${where}:`;
  return [head, ...waiting.flatMap((one) => lines(one, now))].join('\n');
}

function lines({ id, publishedAt, change }: Waiting, now: number): string[] {
  const age = `for ${duration(Math.max(0, now - Date.parse(publishedAt)) / 1_000)}`;
  if (change === undefined) return [`! ${id}  ${age}  can't be read here: nobody lands it`];
  const left = Date.parse(change.expiresAt) - now;
  const expiry = left > 0 ? `expires in ${duration(left / 1_000)}` : 'expired: the next landing removes it';
  const source = change.source === undefined ? '' : ` from ${short(change.source)}`;
  const places = change.holds?.places ?? [];
  return [
    `· ${id}  ${age}, ${expiry}  ${oneLine(change.author.name)}${source}`,
    ...change.edits.map(({ file, path, value }) => `    ${oneLine(`${file} ${path}`)} → ${oneLine(value)}`),
    ...places.map(({ file, path }) => `    ${oneLine(`${file} ${path}`)}  ${change.holds?.is}`),
  ];
}
