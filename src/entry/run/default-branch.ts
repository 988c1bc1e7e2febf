import { readFile, stat } from 'node:fs/promises';
import type { Env } from '../../wire/world.ts';

const mostEvent = 4 * 1024 * 1024;

/** The app repo's default branch as CI tells it, or undefined. GitHub tells it in the event's file alone. */
export async function defaultBranch(env: Env): Promise<string | undefined> {
  if (env.GITLAB_CI === 'true') return env.CI_DEFAULT_BRANCH || undefined;
  const file = env.GITHUB_EVENT_PATH;
  if (env.GITHUB_ACTIONS !== 'true' || file === undefined || file === '') return undefined;
  try {
    if ((await stat(file)).size > mostEvent) return undefined;
    const event = JSON.parse(await readFile(file, 'utf8')) as { repository?: { default_branch?: unknown } } | null;
    const branch = event?.repository?.default_branch;
    return typeof branch === 'string' && branch !== '' ? branch : undefined;
  } catch {
    // Only a cache's name hangs on it.
    return undefined;
  }
}
