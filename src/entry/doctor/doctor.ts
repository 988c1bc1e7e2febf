import type { TrustReview } from '../../auth/iam/trust.ts';
import type { CommonOptions } from '../run/options.ts';
import type { Body, Session } from '../run/session.ts';
import { oneLine } from '../show/printable.ts';
import { endWithFindings } from './tell.ts';
import { reviewTrustFile, type TrustOptions } from './trust.ts';

/** `tagboat doctor`: looks at everything that a run needs, and tells all that is wrong with it. Writes nothing. */
export function doctor(_common: CommonOptions, options: TrustOptions): Body {
  return async (session) => {
    const { trustPolicy } = options;
    if (trustPolicy === undefined) throw new Error('not yet');
    session.started();
    const { findings, mayAssume, verdict, policy } = await reviewTrustFile(session, trustPolicy, options);
    tellTrust(session, { mayAssume, verdict });
    const ending = endWithFindings(session, findings, { mayAssume, verdict, policy });
    if (policy !== undefined && findings.some(({ severity }) => severity !== 'note')) {
      session.say(() => 'The smallest policy that is right:');
      session.print(`${policy}\n`);
    }
    return ending;
  };
}

function tellTrust(session: Session, { mayAssume, verdict }: Pick<TrustReview, 'mayAssume' | 'verdict'>): void {
  session.say((colors) =>
    [colors.bold('The role may be assumed by'), ...mayAssume.map((who) => `  ${oneLine(who)}`)].join('\n'),
  );
  if (verdict === undefined) return;
  const words = { allowed: 'may', refused: 'may not', denied: 'may not', unknown: 'may or may not' }[verdict];
  session.say((colors) => `This run ${colors.bold(words)} assume it.`);
}
