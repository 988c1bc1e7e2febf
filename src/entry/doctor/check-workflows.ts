import type { Config } from '../../config/shape/checked.ts';
import type { Finding } from '../../plan/finding.ts';
import type { Mendable } from './fix.ts';
import { found } from './tell.ts';
import { type DeliveringJob, delivers, type Workflows } from './workflows.ts';

/** Who is trusted with a moving tag: GitHub, AWS and this action itself. */
const trusted = /^(?:actions|github|aws-actions|docker|tagboat)\//;

/** What is wrong with the jobs that deliver: their rights, what starts them, and what they run. */
export function checkWorkflows({ jobs, broken }: Workflows, config: Config | undefined): Mendable[] {
  const unread = broken.map(({ place, why }): Finding => {
    const fix = "Correct it at the caret: GitHub doesn't run such a workflow.";
    return found('WORKFLOW_INVALID', 'error', `The workflow is no valid YAML: ${why}.`, fix, place);
  });
  return [...unread, ...jobs.flatMap((job) => [...rightsOf(job, config), ...startsOf(job), ...stepsOf(job)])];
}

function rightsOf(job: DeliveringJob, config: Config | undefined): Mendable[] {
  const { permissions, name, place, commands } = job;
  // A workflow that others call has the rights of the calling job, where it names none.
  if (permissions === undefined && job.events.join() === 'workflow_call') return [];
  if (permissions === 'write-all') {
    const message = `The job ${name} may write everything.`;
    const fix = 'Name the rights it needs: contents: read, and id-token: write.';
    return [found('WORKFLOW_WRITE_ALL', 'warning', message, fix, place)];
  }
  const runs = (...some: string[]): boolean => commands.some((command) => some.includes(command));
  const wantsToken =
    (runs('ship', 'build') &&
      ([config?.aws?.role, config?.google, config?.azure].some((way) => way !== undefined) ||
        config?.images.some(({ sign }) => sign !== undefined) === true)) ||
    (runs('ship', 'wait', 'promote', 'rollback') &&
      config?.deliveries.some(({ deploy }) => deploy?.argocd.auth === 'oidc') === true);
  const has = (right: string, ...levels: string[]): boolean =>
    permissions === 'read-all' ? levels.includes('read') : levels.includes(permissions?.get(right) ?? '');
  const missing: (readonly [right: string, level: string])[] = [];
  if (wantsToken && !has('id-token', 'write')) missing.push(['id-token', 'write']);
  // Rights that are named take all others away; where none are named, the checkout has its own.
  const named = permissions !== undefined || missing.length > 0;
  if (named && !has('contents', 'read', 'write')) missing.push(['contents', 'read']);
  return missing.map(([right, level]) => {
    const why =
      right === 'id-token'
        ? 'GitHub gives it no token for a cloud, Argo CD or a signature'
        : 'nothing can be checked out';
    const message = `The job ${name} lacks the right ${right}: ${level}, without which ${why}.`;
    const fix = `Add \`${right}: ${level}\` to its permissions.`;
    return {
      ...found('WORKFLOW_PERMISSION', 'error', message, fix, place),
      mend: { is: 'permission', job, right, level },
    };
  });
}

function startsOf({ events, name, place, commands, conditions }: DeliveringJob): Finding[] {
  if (events.includes('pull_request_target')) {
    const message = `The job ${name} runs on pull_request_target, with this repository's secrets, for whoever opens a pull request.`;
    return [found('WORKFLOW_PULL_REQUEST_TARGET', 'error', message, 'Deliver on push; plan on pull_request.', place)];
  }
  // What a condition says of the event or the branch is its author's care.
  const isChosen = /\bgithub\.(?:event_name|event|ref|ref_name|base_ref|head_ref)\b/.test(conditions);
  if (!events.includes('pull_request') || !delivers(commands) || isChosen) return [];
  const message = `The job ${name} delivers on pull_request: those from forks get neither token nor secrets, and fail.`;
  const fix = 'Deliver on push, and run `tagboat plan` on pull_request.';
  return [found('WORKFLOW_PULL_REQUEST', 'warning', message, fix, place)];
}

function stepsOf({ steps }: DeliveringJob): Finding[] {
  return steps.flatMap(({ uses, run, place }): Finding[] => {
    if (uses !== undefined && !/^\.|^docker:/.test(uses) && !trusted.test(uses) && !/@[0-9a-f]{40}$/.test(uses)) {
      const message = `${uses} is whatever that name means by then, and gets this job's rights.`;
      const fix = 'Name it by the whole id of a commit, with the version as a comment.';
      return [found('WORKFLOW_UNPINNED', 'warning', message, fix, place)];
    }
    if (run === undefined || !/\$\{\{[^}]*\bsecrets\./.test(run)) return [];
    const message =
      "A secret is put into a script's text, where a command line shows it to every process of the machine.";
    const fix = 'Give it to the step by `env:` and use the variable.';
    return [found('WORKFLOW_SECRET_IN_SCRIPT', 'warning', message, fix, place)];
  });
}
