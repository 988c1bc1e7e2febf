import { reportOf, TagboatError } from '../../errors.ts';
import { type Finding, worstFirst } from '../../plan/finding.ts';
import type { Session } from '../run/session.ts';
import type { Ending } from '../run/stopping.ts';

/** A finding, with its place where it has one. */
export function found(
  code: string,
  severity: Finding['severity'],
  message: string,
  fix: string,
  place?: Finding['place'],
): Finding {
  return { code, severity, message, fix, place };
}

/** Tells every finding, the worst first, and ends the run: by exit code 2 where one of them is an error. */
export function endWithFindings(session: Session, findings: readonly Finding[], value: object = {}): Ending {
  const told = worstFirst(findings);
  for (const finding of told) session.emit({ type: 'finding', ...finding });
  const count = (severity: Finding['severity']): number => told.filter((one) => one.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  if (told.length === 0) session.say((colors) => `${colors.green('✓')} Nothing is wrong.`);
  const unfit = errors === 0 ? [] : [reportOf(new TagboatError('SETUP_UNFIT', { errors, warnings }))];
  return { errors: unfit, value: { findings: told, ...value } };
}
