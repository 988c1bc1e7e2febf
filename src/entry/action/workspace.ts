import { dirname, relative, resolve } from 'node:path';
import type { Env } from '../../wire/world.ts';

/**
 * Variables by which git reads the job's workspace though another user owns it, as in jobs of `container:`; what
 * actions/checkout says to git holds for its own steps alone. Only this process and its children are told, and only of
 * the workspace and the app's folder with those between.
 */
export function trustWorkspace(env: Env, app: string | undefined): Record<string, string> {
  const { GITHUB_WORKSPACE: workspace, GIT_CONFIG_COUNT: before } = env;
  if (workspace === undefined || workspace === '') return {};
  const folders = [workspace];
  // The repository's top may be any of them.
  for (let dir = resolve(workspace, app ?? '.'); isBelow(workspace, dir); dir = dirname(dir)) folders.push(dir);
  const first = /^\d{1,4}$/.test(before ?? '') ? Number(before) : 0;
  const settings = folders.flatMap((folder, at) => [
    [`GIT_CONFIG_KEY_${first + at}`, 'safe.directory'],
    [`GIT_CONFIG_VALUE_${first + at}`, folder],
  ]);
  return { GIT_CONFIG_COUNT: String(first + folders.length), ...Object.fromEntries(settings) };
}

function isBelow(top: string, dir: string): boolean {
  const inside = relative(top, dir);
  return inside !== '' && inside !== '..' && !inside.startsWith('../') && dirname(dir) !== dir;
}
