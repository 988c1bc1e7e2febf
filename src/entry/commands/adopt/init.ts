import { resolve } from 'node:path';
import { TagboatError } from '../../../errors.ts';
import type { InitValue } from '../../../events/json-event.ts';
import { asker } from '../../init/ask.ts';
import { choose, type InitOptions, shortName } from '../../init/choose.ts';
import { type AwsForm, initFiles } from '../../init/files.ts';
import { findImages } from '../../init/find-images.ts';
import { lookAround, readConfigDir } from '../../init/look-around.ts';
import type { CommonOptions } from '../../run/options.ts';
import type { Body, Session } from '../../run/session.ts';
import { oneLine } from '../../show/printable.ts';
import { showAndWrite } from './show-and-write.ts';

interface InitCommandOptions extends InitOptions {
  readonly yes: boolean;
  readonly check: boolean;
  readonly force: boolean;
  readonly as: AwsForm;
  readonly configDir?: string | undefined;
}

/** `tagboat init`: writes tagboat.yaml and the pipeline for what is found here. Never over another file unasked. */
export function init(common: CommonOptions, options: InitCommandOptions): Body {
  return async (session) => {
    const app = resolve(session.cwd, common.app ?? '.');
    const around = await lookAround(session.world, app);
    const images = findImages(around.texts, around.files, shortName(around.remote?.path ?? app));
    if (images.length === 0) throw new TagboatError('INIT_WITHOUT_IMAGES', { dir: common.app ?? '.' });
    const config = options.configDir === undefined ? {} : await readConfigDir(resolve(session.cwd, options.configDir));
    const ask = await asker(session, options.yes);
    const choices = await choose({ ...around, images, config }, options, ask);
    const files = initFiles(choices, options, options.as, options.configDir ?? 'config-repo');
    // The config repo's folder is named from where the command runs, all else from the app repo.
    const isHere = (file: string): boolean => /^(?:tagboat\.yaml|\.github|\.gitlab-ci|aws)/.test(file);
    const intended = files.map((one) => ({ ...one, path: resolve(isHere(one.file) ? app : session.cwd, one.file) }));
    const changed = await showAndWrite(session, intended, { ...options, ask });
    const value: InitValue = { files: changed.map(({ file, text }) => ({ file, text })), written: !options.check };
    if (options.check) return changed.length === 0 ? { value } : { value, exitCode: 2 };
    const names = changed.map(({ file }) => file);
    tell(session, names, options.with.includes('config-repo') ? choices.delivery?.repo.value : undefined);
    return { value };
  };
}

function tell(session: Session, files: readonly string[], newRepo: string | undefined): void {
  session.say((colors) =>
    files.length === 0
      ? `${colors.green('=')} Everything is there already.`
      : [
          ...files.map((file) => `${colors.green('✓')} ${oneLine(file)}`),
          ...(newRepo === undefined
            ? []
            : [
                `The config repo's files are the first commit of ${oneLine(newRepo)}: push them there, not with the app.`,
              ]),
          'Look at the files, set the secrets that they name, then: tagboat plan',
        ].join('\n'),
  );
}
