import { type HookPlan, usuallyTold } from '../../plan/outcome.ts';
import { whyNoVariable } from '../shape/grammar.ts';
import type { NotifyShape } from '../shape/notify.ts';
import { hookVariables } from '../shape/template.ts';
import type { Checks } from './checks.ts';

/** The list of hooks, each with the name of its URL's variable: that the text is `${NAME}` is known since it was read. */
export function checkNotify(raw: NotifyShape = [], deliveries: readonly string[], checks: Checks): HookPlan[] {
  return raw.map((one, index) => {
    const at = (...steps: (string | number)[]) => ['notify', index, ...steps];
    for (const [place, name] of (one.deliveries ?? []).entries()) {
      checks.mustBe(at('deliveries', place), deliveries.includes(name) ? undefined : 'a delivery of this file');
    }
    if (one.text !== undefined) {
      checks.template(at('text'), one.text, { alone: hookVariables, ofImage: [], images: [] });
      checks.mustBe(
        at('text'),
        one.text.trim() === '' || one.text.length > 2_000 ? 'a text of at most 2,000 characters' : undefined,
      );
    }
    const { as = 'json', secret } = one;
    if (secret !== undefined) {
      checks.mustBe(at('secret'), whyNoVariable(secret));
      if (as !== 'json') checks.refuse(at('secret'), `means nothing with as: ${as}, which checks no signature`);
    }
    const told = one.on ?? usuallyTold;
    return { variable: one.url.slice(2, -1), as, on: told, deliveries: one.deliveries, text: one.text, secret };
  });
}
