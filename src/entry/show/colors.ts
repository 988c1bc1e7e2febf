import picocolors from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import type { Env } from '../../wire/world.ts';

/** Colours for one stream. In order: `--no-color`, NO_COLOR (no-color.org), FORCE_COLOR, then what the stream is. */
export function colorsFor(env: Env, isTerminal: boolean, asked: boolean): Colors {
  return picocolors.createColors(hasColors(env, isTerminal, asked));
}

function hasColors(env: Env, isTerminal: boolean, asked: boolean): boolean {
  if (!asked) return false;
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  // GitHub's log shows colours though it is no terminal.
  return (isTerminal && env.TERM !== 'dumb') || env.GITHUB_ACTIONS === 'true';
}
