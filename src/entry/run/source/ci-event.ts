import { readFile, stat } from 'node:fs/promises';
import { at, jsonIn, optionalText } from '../../../wire/fields.ts';
import type { Env } from '../../../wire/world.ts';

const mostEvent = 4 * 1024 * 1024;

/** What CI tells of the app repo besides its variables. GitHub tells it in the event's file alone. */
export interface CiEvent {
  /** The app repo's default branch. */
  readonly defaultBranch: string | undefined;
  /** The commit that somebody proposes, where the job was started about one. */
  readonly proposed: Proposed | undefined;
}

interface Proposed {
  /** It is in another repository, or nothing says that it isn't: its author needn't have any right in ours. */
  readonly foreign: boolean;
  readonly number?: number | undefined;
  readonly commit: string | undefined;
  readonly branch: string | undefined;
  /** When the pull request changed last, where it is open or is being closed. */
  readonly at?: string | undefined;
}

/** Reads it. What can't be read is as if it weren't told. */
export async function readCiEvent(env: Env): Promise<CiEvent> {
  if (env.GITLAB_CI === 'true') return { defaultBranch: env.CI_DEFAULT_BRANCH || undefined, proposed: undefined };
  if (env.GITHUB_ACTIONS !== 'true') return { defaultBranch: undefined, proposed: undefined };
  const event = await eventIn(env.GITHUB_EVENT_PATH);
  return { defaultBranch: optionalText(event, 'repository', 'default_branch'), proposed: proposedIn(event, env) };
}

async function eventIn(file: string | undefined): Promise<unknown> {
  try {
    if (file === undefined || file === '' || (await stat(file)).size > mostEvent) return undefined;
    return jsonIn(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** By the host's clock. Of a closed pull request, what happens to it later says nothing. */
function timeIn(event: unknown): string | undefined {
  const isOpen = at(event, 'pull_request', 'state') === 'open';
  const time = optionalText(event, 'pull_request', isOpen ? 'updated_at' : 'closed_at') ?? '';
  const counts = (isOpen || at(event, 'action') === 'closed') && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(time);
  return counts ? time : undefined;
}

function proposedIn(
  event: unknown,
  { GITHUB_EVENT_NAME: name = '', GITHUB_REPOSITORY: own }: Env,
): Proposed | undefined {
  const isOurs = (repo: string | undefined): boolean => repo !== undefined && own !== undefined && repo === own;
  if (name.startsWith('pull_request')) {
    const number = at(event, 'pull_request', 'number');
    return {
      number: typeof number === 'number' ? number : undefined,
      foreign: !isOurs(optionalText(event, 'pull_request', 'head', 'repo', 'full_name')),
      commit: optionalText(event, 'pull_request', 'head', 'sha'),
      branch: optionalText(event, 'pull_request', 'head', 'ref'),
      at: timeIn(event),
    };
  }
  if (name === 'workflow_run') {
    return {
      foreign: !isOurs(optionalText(event, 'workflow_run', 'head_repository', 'full_name')),
      commit: optionalText(event, 'workflow_run', 'head_sha'),
      branch: optionalText(event, 'workflow_run', 'head_branch'),
    };
  }
  // A comment's event doesn't tell what the pull request's head is.
  const commented = name === 'issue_comment' && optionalText(event, 'issue', 'pull_request', 'url') !== undefined;
  return commented ? { foreign: true, commit: undefined, branch: undefined } : undefined;
}
