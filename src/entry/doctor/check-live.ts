import type { Config } from '../../config/shape/checked.ts';
import { reportOf, TagboatError } from '../../errors.ts';
import type { Finding } from '../../plan/finding.ts';
import type { ImagePreview } from '../../plan/outcome.ts';
import type { RunPlan } from '../../plan.ts';
import type { Session } from '../run/session.ts';
import { withStages } from '../run/stages.ts';
import { isUnknowable } from '../run/unknowable.ts';
import { checkAccount } from './aws/account.ts';
import { checkBranchRules } from './branch-rules.ts';
import { checkRights, checkVersion } from './check-argocd.ts';
import { findingOf } from './check-files.ts';
import { checkConfigRepo, checkRendered } from './config-repo.ts';
import { found } from './tell.ts';

/** Asks everybody whom a run would ask, writing nothing. What only a job has is told as not known here. */
export async function checkPeers(
  session: Session,
  plan: RunPlan,
  config: Config,
  asksRegistry: boolean,
): Promise<Finding[]> {
  const { world } = session;
  return withStages(session, plan, async (stages) => {
    const followed = plan.deliveries.flatMap(({ deploy, ...delivery }) =>
      deploy === undefined ? [] : [{ ...delivery, deploy }],
    );
    const previews = new Map<string, ImagePreview>();
    const images = plan.images.map(async (image) => {
      // The files by themselves first: what the registry says must not hide them.
      await stages.checkFiles(image);
      if (asksRegistry) previews.set(image.name, await stages.checkImage(image));
    });
    const checkAws = async () => {
      await Promise.allSettled(images);
      return asksRegistry ? stages.askWith((auth) => checkAccount(session, auth, { plan, config, previews })) : [];
    };
    const settled = await Promise.allSettled<unknown>([
      ...images,
      checkAws(),
      ...plan.deliveries.map(async (delivery) => {
        await stages.checkDelivery(delivery);
        const [inside, rules] = await Promise.all([
          stages.askRepo(delivery, checkConfigRepo),
          stages.askRepo(delivery, checkBranchRules),
        ]);
        return [...inside, ...rules];
      }),
      ...followed.map(async ({ deploy }) => checkVersion(world, deploy, await stages.server(deploy.argocd))),
      ...followed.map(async (delivery) => {
        const { deploy } = delivery;
        const looked = await stages.checkApplications(delivery);
        const rights = await checkRights(world, deploy, await stages.server(deploy.argocd), looked);
        if (looked instanceof TagboatError) return rights;
        const rendered = await stages.askRepo(delivery, (...asked) => checkRendered(...asked, looked));
        return [...rights, ...rendered];
      }),
      checkClock(session, plan),
    ]);
    world.signal.throwIfAborted();
    const all = settled.flatMap((result): Finding[] => {
      if (result.status === 'fulfilled') return Array.isArray(result.value) ? result.value : [];
      const report = reportOf(result.reason);
      return [findingOf(report, isUnknowable(report, world.env, plan.source) ? 'note' : 'error')];
    });
    // One cause that stops several is told once.
    return all.filter(
      (one, at) => all.findIndex((other) => other.code === one.code && other.message === one.message) === at,
    );
  });
}

/** The files of every image, without asking anybody. */
export async function checkImageFiles(session: Session, plan: RunPlan): Promise<Finding[]> {
  return withStages(session, { ...plan, aws: undefined }, async (stages) => {
    const settled = await Promise.allSettled(plan.images.map(stages.checkFiles));
    return settled.flatMap((result) => (result.status === 'rejected' ? [findingOf(reportOf(result.reason))] : []));
  });
}

// AWS refuses a request that was signed more than five minutes before or after its own time; tokens are good from now on.
const [mostMs, badMs] = [60_000, 300_000];

/** Whether this machine's clock agrees with that of the config repo's host. */
async function checkClock({ world }: Session, { deliveries }: RunPlan): Promise<Finding[]> {
  const [url] = deliveries.map(({ repo }) => new URL(repo).origin);
  if (url === undefined) return [];
  const before = world.clock.now();
  const answer = await world.http({ url, method: 'HEAD', signal: world.signal, idleMs: 10_000 }).catch(() => undefined);
  answer?.body.destroy();
  const theirs = Date.parse(answer?.headers.date ?? '');
  // A second is all that the header tells, and the answer took its time.
  const off = Math.max(0, Math.abs(theirs - before) - 1_000 - (world.clock.now() - before));
  if (Number.isNaN(theirs) || off < mostMs) return [];
  const message = `This machine's clock is ${Math.round(off / 1_000)} s off from ${new URL(url).host}.`;
  const fix = 'Set it by NTP: tokens and signatures are only good at about the right time.';
  return [found('CLOCK_SKEW', off < badMs ? 'warning' : 'error', message, fix)];
}
