import { type ErrorReport, reportOf, TagboatError } from '../../../errors.ts';
import type { Candidate } from '../../../plan/listed.ts';
import { type CommonOptions, landingSo } from '../../run/options.ts';
import type { Body, Session } from '../../run/session.ts';
import type { Ending } from '../../run/stopping.ts';
import { withAuth } from '../../run/with-auth.ts';
import { candidatesText } from '../../show/see/candidate-words.ts';
import { type Decided, decideAll, readsSoaks } from '../see/candidates.ts';
import { type Looking, lookAt, readHistories } from '../see/read-histories.ts';
import { deliveryOf, type PromoteOptions, wrong } from './named.ts';
import { decideAgain, type PlannedPromotion, planOf, previewPlan, runOf } from './plan-of.ts';

/**
 * `tagboat promote --due`: what has been in one delivery for long enough, and is healthy there, to the next; and of the
 * rest why not yet. A whole chain at once, decided by what is there at the start.
 */
export function promoteDue(common: CommonOptions, names: readonly string[], options: PromoteOptions): Body {
  return async (session) => {
    if (options.force === true || options.all === true || (common.image ?? []).length > 0)
      throw wrong('--due promotes all of what is due, and nothing else: leave out --force, --all and --image.');
    const asked = await lookAt(session, common);
    const looking = { ...asked, seen: involvedIn(asked, names) };
    const targets = asked.config?.deliveries.filter(
      ({ name, after }) => after !== undefined && looking.seen.some(({ delivery }) => delivery === name),
    );
    session.unplanned.push({
      source: undefined,
      deliveries: (targets ?? []).map((one) => ({ ...one, edits: one.set })),
    });
    let first: readonly Decided[] | undefined;
    let undecided: readonly ErrorReport[] = [];
    const end = await decideAgain(session, common, async (only) => {
      const { decided, planned, errors } = await decide(
        session,
        looking,
        only ?? (names.length === 0 ? undefined : names),
        options,
      );
      const candidates = decided.map(({ candidate }) => candidate);
      first ??= decided;
      // Of one that moved, what it was decided to be then counts.
      first = first.map((one) => decided.find(({ to }) => to.name === one.to.name) ?? one);
      undecided = [...undecided, ...errors];
      session.print((style) => candidatesText(candidates, style, session.world.clock.now()));
      const plan = landingSo(runOf(planned, looking.source), { waitMerge: options.waitMerge });
      return { plan, preview: options.check === true ? () => previewPlan(session, plan, planned) : undefined };
    });
    return withCandidates(end, first ?? [], undecided);
  };
}

function withCandidates(end: Ending, decided: readonly Decided[], undecided: readonly ErrorReport[]): Ending {
  const candidates: readonly Candidate[] = decided.map(({ candidate }) => candidate);
  const errors = [...(end.errors ?? []), ...undecided];
  return { errors, value: { ...(end.value as object), candidates } };
}

/** Those with `after` that are asked about, and what they come after. Throws USAGE. */
function involvedIn({ config, seen }: Looking, names: readonly string[]): Looking['seen'] {
  if (config === undefined) return [];
  const asked = names.map((name) => deliveryOf(config, name));
  const bare = asked.find(({ after }) => after === undefined);
  if (bare !== undefined)
    throw wrong(`${bare.name} has no after: in ${config.file}, which would say whose values are due there.`);
  const targets = config.deliveries.filter(
    (one) => one.after !== undefined && (names.length === 0 || asked.includes(one)),
  );
  if (targets.length === 0)
    throw wrong(`No delivery of ${config.file} has after:, which would say whose values are due there.`);
  const involved = new Set(targets.flatMap(({ name, after }) => [name, after?.name]));
  return seen.filter(({ delivery }) => involved.has(delivery));
}

interface Decision {
  readonly decided: readonly Decided[];
  readonly planned: readonly PlannedPromotion[];
  readonly errors: readonly ErrorReport[];
}

/** Reads everything, decides, and works out what is due, the end of each chain first. */
async function decide(
  session: Session,
  looking: Looking,
  names: readonly string[] | undefined,
  { why, waitMerge }: PromoteOptions,
): Promise<Decision> {
  return withAuth(session, async (auth) => {
    const { world } = session;
    const enough = readsSoaks(looking, world.clock.now());
    const { histories, errors: unread } = await readHistories(session, auth, looking, enough);
    const decided = await decideAll({ session, auth, looking, histories }, { names, again: waitMerge !== undefined });
    const due = inOrder(decided.filter(({ candidate }) => candidate.due));
    const planned = await Promise.all(
      due.map((one) => {
        const before = due.find(({ to }) => to.name === one.from.name);
        const byUs = one.pairs.map(
          (pair) =>
            before?.candidate.values.find(({ file, path }) => file === pair.from.file && path === pair.from.path)?.to,
        );
        return planOf({ session, auth }, one, { why, byUs });
      }),
    );
    return { decided, planned, errors: [...unread, ...decided.flatMap((one) => undecidedIn(one, unread))] };
  });
}

/** What can't be told is an error, once. */
function undecidedIn({ candidate, error }: Decided, unread: readonly ErrorReport[]): ErrorReport[] {
  const { delivery, after } = candidate;
  if (error !== undefined) return [{ ...error, about: [...new Set([delivery, ...(error.about ?? [])])] }];
  const unknown = candidate.notYet.find(({ is }) => is === 'unknown');
  if (unknown?.is !== 'unknown' || unread.length > 0) return [];
  return [reportOf(new TagboatError('PROMOTION_UNDECIDED', { delivery, after, why: unknown.why }), delivery)];
}

/** The end of a chain first: what its middle gets is nothing that it was decided by. */
function inOrder(due: readonly Decided[]): Decided[] {
  const depthOf = (one: Decided): number => {
    const before = due.find(({ to }) => to.name === one.from.name);
    return before === undefined ? 0 : 1 + depthOf(before);
  };
  return due.toSorted((a, b) => depthOf(b) - depthOf(a));
}
