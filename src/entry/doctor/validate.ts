import { resolve } from 'node:path';
import { hostOf } from '../../commit/repo/forge.ts';
import { configMistakes, parseConfig } from '../../config/config.ts';
import type { BearsUnset } from '../../config/read/read.ts';
import { reportOf, TagboatError } from '../../errors.ts';
import type { CommonOptions } from '../run/options.ts';
import { readConfigText, tellLeftOut } from '../run/prepare.ts';
import type { Body, Session } from '../run/session.ts';
import { readSource } from '../run/source.ts';

/** `tagboat validate`: all mistakes of the config file at once. Asks nobody, and needs none of its variables. */
export function validate(common: CommonOptions): Body {
  return async (session) => {
    const { env } = session.world;
    session.started();
    const { text, file, lists } = await readConfigText(session, await folderOf(session, common), common.config);
    const errors = configMistakes(text, file, env, lists).map((mistake) => reportOf(mistake));
    if (errors.length > 0) {
      session.say((colors) => colors.bold(errors.length === 1 ? 'One mistake:' : `${errors.length} mistakes:`));
      return { errors, value: { file, unset: [] } };
    }
    const unset = new Set<string>();
    const unknown = new Set<string>();
    const bears: BearsUnset = ([, delivery, key], name) => {
      if (key === 'repo') unknown.add(String(delivery));
      return unset.add(name) !== undefined;
    };
    const config = parseConfig(text, file, env, { lists, unset: bears });
    tellLeftOut(session, config);
    const proposing = config.deliveries.filter(({ name, via }) => via === 'pullRequest' && !unknown.has(name));
    const impossible = proposing.flatMap(({ name, repo, pullRequest }) => {
      try {
        hostOf(env, repo, pullRequest?.host);
        return [];
      } catch (error) {
        return [reportOf(error, name)];
      }
    });
    if (impossible.length > 0) return { errors: impossible, value: { file, unset: [...unset] } };
    const count = (number: number, one: string, more: string): string => `${number} ${number === 1 ? one : more}`;
    const images = count(config.images.length, 'image', 'images');
    const deliveries = count(config.deliveries.length, 'delivery', 'deliveries');
    session.say((colors) => `${colors.green('✓')} ${file} is right: ${images}, ${deliveries}.`);
    if (unset.size > 0) {
      session.say((colors) =>
        colors.dim(`  Not set here, so what they make of it isn't known: ${[...unset].join(', ')}.`),
      );
    }
    return { value: { file, unset: [...unset] } };
  };
}

/** The app repo's root, or the folder itself where that is none. */
async function folderOf(session: Session, { app = '.' }: CommonOptions): Promise<string> {
  const dir = resolve(session.cwd, app);
  try {
    return (await readSource(session.world, dir)).dir;
  } catch (error) {
    if (error instanceof TagboatError && error.code !== 'SOURCE_DIR_MISSING') return dir;
    throw error;
  }
}
