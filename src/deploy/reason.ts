import type { Reason } from '../plan/deploy.ts';
import type { Found, Watched } from './watch.ts';

/** Why an application isn't well: never throws, for a verdict without a reason is better than none. */
export async function reasonsOf(_watched: Watched, found: Found): Promise<Reason[]> {
  const { application } = found;
  if (application === undefined) return [];
  const conditions = application.conditions
    .filter(({ type }) => type.endsWith('Error'))
    .map(({ type, message }) => leaf('Application', type, message));
  const results = (application.operation?.resources ?? [])
    .filter(({ status, hookPhase }) => status === 'SyncFailed' || hookPhase === 'Failed' || hookPhase === 'Error')
    .map((one) => leaf(`${one.kind} ${one.name}`, one.hookPhase || one.status, one.message));
  const unwell = application.resources
    .filter(({ health }) => health !== '' && health !== 'Healthy')
    .map((one) => leaf(`${one.kind} ${one.name}`, one.health, one.message));
  return [...conditions, ...results, ...unwell];
}

function leaf(subject: string, status: string, message: string): Reason {
  return { subject, status, message, events: [], log: [], parts: [] };
}
