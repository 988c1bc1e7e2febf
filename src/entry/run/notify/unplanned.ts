import type { Body, Session } from '../session.ts';
import type { Ending } from '../stopping.ts';

/** Does the work; what ends it before there is a plan is told to the config's hooks, where that could be read. */
export async function tellingUnplanned(session: Session, body: Body): Promise<Ending> {
  try {
    return await body(session);
  } catch (error) {
    if (session.hooks.length > 0 && session.unplanned.length > 0)
      await (await import('./notify.ts')).tellUnplanned(session, error);
    throw error;
  }
}
