import { type ErrorReport, reportOf, TagboatError } from '../errors.ts';
import { healthOf, type Verdict } from '../plan/deploy.ts';

/** The error that a verdict ends a run with; none for a healthy one, whoever's commit it is. */
export function verdictError(verdict: Verdict): ErrorReport[] {
  const { application, seconds } = verdict;
  const why = [verdict.why, ...deepest(verdict)].join('; ');
  const by = verdict.is === 'superseded' ? verdict.by : verdict.commit;
  const data = { application, commit: by, why };
  switch (healthOf(verdict)) {
    case 'healthy':
      return [];
    case 'degraded':
      return [reportOf(new TagboatError('APPLICATION_DEGRADED', data))];
    case 'syncFailed':
      return [reportOf(new TagboatError('APPLICATION_SYNC_FAILED', data))];
    case 'timedOut':
      return [reportOf(new TagboatError('APPLICATION_TIMED_OUT', { ...data, seconds: Math.round(seconds) }))];
    case 'unknown':
      return [reportOf(new TagboatError('APPLICATION_UNKNOWN', data))];
  }
}

/** What is at the bottom of the first reason: the pod rather than its deployment. */
function deepest(verdict: Verdict): string[] {
  let [reason] = verdict.is === 'healthy' ? [] : verdict.reasons;
  while (reason?.parts[0] !== undefined) reason = reason.parts[0];
  if (reason === undefined) return [];
  const { subject, status, message } = reason;
  // Conditions are the verdict's own words already.
  return message !== '' && verdict.why.includes(message)
    ? []
    : [`${subject}: ${status}${message === '' ? '' : `, ${message.slice(0, 300)}`}`];
}
