import type { Claim } from './claim.ts';
import { expectedIn, type History, type Move, nothing, readHistory } from './history.ts';
import type { Played } from './play.ts';
import { fileWith } from './schedule.ts';

/** Everything that is wrong with what a schedule left behind, one line each. */
export async function faultsIn(played: Played): Promise<string[]> {
  const history = await readHistory(played.repo);
  const all = [...played.claims, played.sweeper];
  const faults = [
    await soundness(history),
    ...(await moveFaults(played, history)),
    ...(await commitFaults(all, history)),
    ...(await Promise.all(all.map((claim) => claimFaults(claim, history)))).flat(),
    ...(await leftFaults(played, history)),
    ...(await lostFaults(played, history)),
  ];
  if (played.sweeper.says.is !== 'landed') {
    faults.push(`a writer that came when all was over ended as ${JSON.stringify(played.sweeper.says)}`);
  }
  return faults.filter((fault) => fault !== '');
}

async function soundness(history: History): Promise<string> {
  return history.fsck().then(
    (said) => (said === '' ? '' : `git fsck: ${said}`),
    (error: unknown) => `git fsck: ${String(error)}`,
  );
}

/** The branch goes from move to move without a gap, and only forward but for the one who may force it. */
async function moveFaults({ first, forced, schedule, claims }: Played, history: History): Promise<string[]> {
  const faults: string[] = [];
  const writers = new Set(claims.map(({ plan }) => plan.name));
  const left: Move[] = [...history.moves];
  const { upheaval } = schedule;
  for (let here = first; left.length > 0; ) {
    // Git notes a move after it let go of the branch, so two lines may have changed places.
    const next = left.findIndex(({ from }) => from === here);
    const [move] = left.splice(Math.max(next, 0), 1);
    if (next === -1 || move === undefined) return [...faults, `the branch jumped from ${here}`];
    here = move.to;
    if (move.to === nothing) {
      if (upheaval?.is !== 'delete') faults.push('somebody deleted the branch');
    } else if (move.from === nothing || !(await history.isAncestor(move.from, move.to))) {
      // While the branch is deleted, git's own push makes it anew; a writer's never does.
      const byHand = move.from === nothing && !writers.has(history.commits.get(move.to)?.author ?? '');
      const allowed = upheaval !== undefined && (forced.includes(move.to) || byHand);
      if (!allowed) faults.push(`the branch went from ${move.from} to ${move.to}, which isn't on top of it`);
    }
  }
  return faults;
}

/** Each writer's commit changes its own value and nothing else, and no history has two of one writer. */
async function commitFaults(claims: readonly Claim[], history: History): Promise<string[]> {
  const faults: string[] = [];
  for (const { plan } of claims) {
    const own = [...history.commits.values()].filter(({ author }) => author === plan.name);
    for (const { id, parents, intent } of own) {
      const [parent = ''] = parents;
      if (parents.length !== 1) faults.push(`${plan.name}'s commit ${id} has ${parents.length} parents`);
      const changed = await history.changedIn(id);
      if (changed.join() !== plan.file)
        faults.push(`${plan.name}'s commit ${id} changes ${changed.join() || 'nothing'}`);
      const [before, after] = [await history.file(parent, plan.file), await history.file(id, plan.file)];
      if (before === after || after !== before.replace(/(?<=tag: +)\S+/, plan.value)) {
        faults.push(`${plan.name}'s commit ${id} makes ${JSON.stringify(after)} of ${JSON.stringify(before)}`);
      }
      const expected = intent === undefined ? undefined : await history.expected(intent);
      if (intent !== undefined && (expected === undefined || before !== fileWith(expected))) {
        faults.push(`${plan.name}'s commit ${id} replaces ${JSON.stringify(before)}, and its intent said ${expected}`);
      }
    }
    for (const one of own) {
      for (const other of own) {
        if (one !== other && (await history.isAncestor(one.id, other.id))) {
          faults.push(`${plan.name} landed twice: ${one.id} and ${other.id}`);
        }
      }
    }
  }
  return faults;
}

/** Whether what a writer said at its end is so. */
async function claimFaults({ plan, says }: Claim, history: History): Promise<string[]> {
  const own = [...history.commits.values()].filter(({ author }) => author === plan.name);
  switch (says.is) {
    case 'landed': {
      const commit = own.find(({ id }) => id === says.commit);
      if (commit === undefined) return [`${plan.name} says it landed as ${says.commit}, which the branch never had`];
      return commit.parents[0] === says.parent ? [] : [`${plan.name} says ${says.parent} is its commit's parent`];
    }
    case 'unchanged': {
      const known = history.commits.has(says.tip);
      if (!known) return [`${plan.name} says its value is at ${says.tip}, which the branch never had`];
      return (await history.file(says.tip, plan.file)) === fileWith(plan.value)
        ? []
        : [`${plan.name} says its value was at ${says.tip} already`];
    }
    case 'failed':
      return own.length === 0 ? [] : [`${plan.name} says it failed (${says.error.code}) and landed`];
    case 'broken':
      return [`${plan.name}: ${says.why}`];
    case 'unsure':
    case 'stopped':
    case 'killed':
      return [];
  }
}

/** Whose intents may be left when all is over: those of writers that couldn't withdraw, and whose value moved on. */
async function leftFaults({ claims, sweeper, schedule }: Played, history: History): Promise<string[]> {
  const faults: string[] = [];
  const tip = history.moves.at(-1)?.to ?? '';
  for (const { ref, author, text } of history.intents) {
    const claim = [...claims, sweeper].find(({ plan }) => plan.name === author);
    if (claim === undefined) faults.push(`${ref} is nobody's`);
    else if (['landed', 'unchanged', 'failed'].includes(claim.says.is)) {
      faults.push(`${author} ended as ${claim.says.is} and left ${ref}`);
    } else if (schedule.host.atomic) {
      const now = await history.file(tip, claim.plan.file);
      const expected = expectedIn(text) ?? '';
      if (now === fileWith(expected) || now === fileWith(claim.plan.value))
        faults.push(`nobody landed ${ref} of ${author}`);
    }
  }
  return faults;
}

/** Intents that somebody removed though they could still be landed as they were, and that weren't their writer's to remove. */
async function lostFaults({ claims, schedule, first }: Played, history: History): Promise<string[]> {
  const faults: string[] = [];
  for (const { intent, author, expected, tips } of history.removals) {
    const claim = claims.find(({ plan }) => plan.name === author);
    // A writer takes its intent back when it fails, is told to stop, or learns that the host has no atomic pushes.
    if (claim === undefined || !schedule.host.atomic || !['landed', 'killed'].includes(claim.says.is)) continue;
    const values = tips.map((tip) => (tip === nothing ? '' : history.file(tip || first, claim.plan.file)));
    if (expected !== undefined && (await Promise.all(values)).every((value) => value === fileWith(expected))) {
      faults.push(`the intent ${intent} of ${author} was lost`);
    }
  }
  return faults;
}
