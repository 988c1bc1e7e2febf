import type { TrustReview } from '../../auth/iam/trust.ts';
import { parseConfig } from '../../config/config.ts';
import { planRun } from '../../config/plan/run.ts';
import type { BearsUnset } from '../../config/read/read.ts';
import { isError, reportOf, usageError } from '../../errors.ts';
import type { Finding } from '../../plan/finding.ts';
import type { CommonOptions } from '../run/options.ts';
import { identityIn, ofBuilding, readConfigText, tellLeftOut } from '../run/prepare.ts';
import type { Body, Session } from '../run/session.ts';
import { isJob } from '../run/source/ci.ts';
import { readSource } from '../run/source.ts';
import { oneLine } from '../show/printable.ts';
import { checkConfigText, checkEcr, checkIgnoreFiles, checkNetwork, findingOf } from './check-files.ts';
import { checkImageFiles, checkPeers } from './check-live.ts';
import { checkWorkflows } from './check-workflows.ts';
import { type Mendable, mendAll } from './fix.ts';
import { checkGitLab } from './gitlab.ts';
import { endWithFindings, found } from './tell.ts';
import { reviewTrustFile, type TrustOptions } from './trust.ts';
import { readWorkflows } from './workflows.ts';

export interface DoctorOptions extends TrustOptions {
  /** Mend what is safe to mend. */
  readonly fix?: boolean | undefined;
  /** Ask the config repos' hosts what they allow, and nothing else. */
  readonly host?: boolean | undefined;
  /** Ask nobody. */
  readonly offline?: boolean | undefined;
}

/** `tagboat doctor`: looks at everything that a run needs, and tells all that is wrong with it at once. */
export function doctor(common: CommonOptions, options: DoctorOptions): Body {
  return async (session) => {
    const other = (['trustPolicy', 'offline', 'fix'] as const).find((name) => options[name]);
    if (options.host === true && other !== undefined) {
      const flag = other === 'trustPolicy' ? 'trust-policy' : other;
      throw usageError(`--host doesn't go with --${flag}.`, 'doctor');
    }
    if (options.trustPolicy !== undefined) return doctorTrust(session, options.trustPolicy, options);
    const about = (['claims', 'repo', 'ref', 'environment', 'role', 'audience'] as const).find(
      (name) => options[name] !== undefined,
    );
    if (about !== undefined) throw usageError(`--${about} goes with --trust-policy FILE.`, 'doctor');
    if (options.host === true) return (await import('./host/host.ts')).doctorHosts(session, common);
    const { world } = session;
    const source = await readSource(world, common.app ?? session.cwd);
    session.started(source);
    const all: Mendable[] = [];
    const { text, file, lists } = await readConfigText(session, source.dir, common.config);
    all.push(...checkConfigText(text, file, world.env, lists), ...(await checkNetwork(world.env)));
    const unset = new Set<string>();
    let whereUnset = false;
    const bears: BearsUnset = (path, name) => {
      // A config repo or an Argo CD whose name isn't known can't be asked.
      whereUnset ||= !ofBuilding(path, name);
      return unset.add(name) !== undefined;
    };
    const isRight = all.every(({ severity }) => severity !== 'error');
    const config = isRight ? parseConfig(text, file, world.env, { unset: bears, lists }) : undefined;
    all.push(...checkWorkflows(await readWorkflows(source.dir), config), ...(await checkGitLab(source.dir, config)));
    if (config !== undefined) {
      tellLeftOut(session, config);
      all.push(
        ...checkEcr(config),
        ...(await checkIgnoreFiles(source.dir, config)),
        ...unsetFindings([...unset], file, isJob(world.env)),
      );
      try {
        const plan = planRun(config, source, { ...(await identityIn(world, source.dir)), now: world.clock.now() });
        const live =
          options.offline === true || whereUnset
            ? checkImageFiles(session, plan)
            : checkPeers(session, plan, config, unset.size === 0);
        all.push(...(await live));
      } catch (error) {
        // A pull request and a detached head have no branch, which says nothing of a run on one.
        if (!isError(error, 'TEMPLATE_UNRESOLVED')) throw error;
        all.push(findingOf(reportOf(error), source.branch === undefined ? 'note' : 'error'));
      }
    }
    const mended = options.fix === true ? await mendAll(source.dir, all).catch((error) => told(all, error)) : [];
    for (const { message } of mended) session.say((colors) => `${colors.green('✓')} Mended: ${oneLine(message)}`);
    const left = all.filter((finding) => !mended.includes(finding)).map(({ mend: _, ...finding }): Finding => finding);
    return endWithFindings(session, left, { mended: mended.map(({ code, message }) => ({ code, message })) });
  };
}

function told(all: Mendable[], error: unknown): [] {
  all.push(findingOf(reportOf(error)));
  return [];
}

function unsetFindings(names: readonly string[], file: string, inJob: boolean): Finding[] {
  if (names.length === 0) return [];
  const message = `Not set here: ${names.join(', ')}. What they make of the config isn't known, and registries aren't asked.`;
  const fix = 'Give them to the step by `env:`, from variables or secrets of the repository.';
  return [found('CONFIG_VARIABLE_UNSET', inJob ? 'error' : 'note', message, fix, { file })];
}

async function doctorTrust(session: Session, file: string, options: TrustOptions): ReturnType<Body> {
  session.started();
  const { findings, mayAssume, verdict, policy } = await reviewTrustFile(session, file, options);
  tellTrust(session, { mayAssume, verdict });
  const ending = endWithFindings(session, findings, { mayAssume, verdict, policy });
  if (policy !== undefined && findings.some(({ severity }) => severity !== 'note')) {
    session.say(() => 'The smallest policy that is right:');
    session.print(`${policy}\n`);
  }
  return ending;
}

function tellTrust(session: Session, { mayAssume, verdict }: Pick<TrustReview, 'mayAssume' | 'verdict'>): void {
  session.say((colors) =>
    [colors.bold('The role may be assumed by'), ...mayAssume.map((who) => `  ${oneLine(who)}`)].join('\n'),
  );
  if (verdict === undefined) return;
  const words = { allowed: 'may', refused: 'may not', denied: 'may not', unknown: 'may or may not' }[verdict];
  session.say((colors) => `This run ${colors.bold(words)} assume it.`);
}
