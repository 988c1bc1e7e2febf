import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runGit } from '../../src/sandbox/git-host/repo.ts';
import { gitEnv } from '../support/git-host.ts';
import { fileWith, type HumanPlan, type UpheavalPlan } from './schedule.ts';

const env = {
  ...gitEnv,
  GIT_AUTHOR_NAME: 'human',
  GIT_AUTHOR_EMAIL: 'human@example.test',
  GIT_COMMITTER_NAME: 'human',
  GIT_COMMITTER_EMAIL: 'human@example.test',
};

/** Somebody sets a value by git's own commands, and again on the new tip when the push is refused. */
export async function pushByHand(plan: HumanPlan, repo: string, dir: string): Promise<void> {
  await sleep(plan.atMs);
  await mkdir(dir);
  const git = (...args: string[]) => runGit(['-C', dir, ...args], env);
  await git('init', '--quiet');
  for (let tries = 0; tries < 20; tries++) {
    try {
      await git('fetch', '--quiet', repo, 'main');
      await git('reset', '--quiet', '--hard', 'FETCH_HEAD');
      await writeFile(join(dir, plan.file), fileWith(plan.value));
      await git('commit', '--quiet', '--all', '--allow-empty', '--message', 'By hand');
      await git('push', '--quiet', repo, 'HEAD:refs/heads/main');
      return;
    } catch {
      // Beaten, or there is no branch just now.
      await sleep(20);
    }
  }
}

/** Puts the branch back to a commit, or deletes it for a moment. */
export async function upheave(plan: UpheavalPlan, repo: string, to: string): Promise<void> {
  await sleep(plan.atMs);
  if (plan.is === 'delete') {
    await force(repo, ':refs/heads/main');
    await sleep(50);
  }
  await force(repo, `${to}:refs/heads/main`);
}

async function force(repo: string, refspec: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await runGit(['-C', repo, 'push', '--quiet', '--force', repo, refspec], env);
      return;
    } catch (error) {
      // Another push holds the branch's lock.
      if (tries === 50) throw error;
      await sleep(20);
    }
  }
}
