import { type ErrorReport, reportOf, TagboatError } from '../../errors.ts';
import { deepestOf, healthOf, type Verdict } from '../../plan/deploy.ts';

/** The error that a verdict ends a run with; none for a healthy one, whoever's commit it is, unless it has to run our images. */
export function verdictError(verdict: Verdict): ErrorReport[] {
  const { application, seconds } = verdict;
  const deepest = verdict.is === 'healthy' ? undefined : deepestOf(verdict.reasons);
  // Conditions are the verdict's own words already.
  const told = deepest === undefined || (deepest.message !== '' && verdict.why.includes(deepest.message));
  const why = told ? verdict.why : `${verdict.why}; ${deepest.line}`;
  const by = verdict.is === 'superseded' ? verdict.by : verdict.commit;
  const data = { application, commit: by, why };
  switch (healthOf(verdict)) {
    case 'healthy': {
      const images = verdict.is === 'healthy' ? verdict.images : undefined;
      if (images?.fails !== true) return [];
      const about = { application, commit: verdict.commit, why: images.because ?? images.absent.join(', ') };
      return [reportOf(new TagboatError('APPLICATION_IMAGE_ABSENT', about))];
    }
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
