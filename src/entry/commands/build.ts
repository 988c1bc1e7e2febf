import { prepare } from '../prepare.ts';
import type { CommonOptions } from '../program.ts';
import type { Body } from '../session.ts';
import { runPlan } from './ship.ts';

/** `tagboat build`: the images alone. */
export function build(options: CommonOptions): Body {
  return async (session) => {
    const { plan } = await prepare(session, options);
    return runPlan(session, { ...plan, deliveries: [] }, options);
  };
}
