import { pairPlaces } from '../../../config/plan/pair-places.ts';
import { partOf } from '../../../config/plan/part.ts';
import { placeKey } from '../../../plan/path.ts';
import { type CommonOptions, landingSo } from '../../run/options.ts';
import { openConfig } from '../../run/prepare.ts';
import type { Body } from '../../run/session.ts';
import { withAuth } from '../../run/with-auth.ts';
import { deliveryOf, imagesIn, type PromoteOptions, wrong } from './named.ts';
import { decideAgain, planOf, previewPlan, runOf } from './plan-of.ts';

/** `tagboat promote`: the values of one delivery's places to others', as they stand there now. Builds nothing. */
export function promote(common: CommonOptions, names: readonly string[], options: PromoteOptions): Body {
  return async (session) => {
    if (options.due === true) return (await import('./due.ts')).promoteDue(common, names, options)(session);
    const { all = false, check = false, force = false, why, waitMerge } = options;
    const { config, source } = await openConfig(session, common);
    const [fromName, ...toNames] = names;
    if (fromName === undefined || (toNames.length === 0 && !all))
      throw wrong('Say from which delivery and to which: tagboat promote staging production, or --due.');
    if (all && toNames.length > 0) throw wrong('--all is every delivery after the first: name no other.');
    const from = deliveryOf(config, fromName);
    const targets = all
      ? config.deliveries.filter(({ after }) => after?.name === fromName)
      : [...new Set(toNames)].map((name) => deliveryOf(config, name));
    if (targets.length === 0) throw wrong(`${config.file} has no delivery with after: ${fromName}.`);
    session.unplanned.push({ source: undefined, deliveries: targets.map((one) => ({ ...one, edits: one.set })) });
    const images = imagesIn(config, common.image);
    const asked = targets.map((whole) => {
      const to = partOf(whole, config, images);
      const set = new Set(to.set.map(placeKey));
      const pairs = pairPlaces(from, whole).filter((pair) => set.has(placeKey(pair.to)));
      if (pairs.length === 0) throw wrong(`${whole.name} sets no value of the images asked for.`);
      return { from, to, pairs };
    });
    // Read anew where it moved while it was being landed.
    return decideAgain(session, common, async (only) => {
      const some = asked.filter(({ to }) => only?.includes(to.name) !== false);
      const planned = await withAuth(session, (auth) =>
        Promise.all(some.map((one) => planOf({ session, auth }, one, { why }))),
      );
      const plan = landingSo(runOf(planned, source), { force, waitMerge });
      return { plan, preview: check ? () => previewPlan(session, plan, planned) : undefined };
    });
  };
}
