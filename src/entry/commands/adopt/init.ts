import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { unifiedDiff } from '../../../commit/edit/diff.ts';
import { TagboatError } from '../../../errors.ts';
import { askInTerminal, askNobody } from '../../init/ask.ts';
import { choose, type InitOptions, shortName } from '../../init/choose.ts';
import { type AwsForm, initFiles } from '../../init/files.ts';
import { findImages } from '../../init/find-images.ts';
import { lookAround, readConfigDir } from '../../init/look-around.ts';
import type { CommonOptions } from '../../run/options.ts';
import type { Body, Session } from '../../run/session.ts';
import { oneLine } from '../../show/printable.ts';

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
    const asks =
      !options.yes && !session.settings.json && process.stdin.isTTY === true && process.stderr.isTTY === true;
    const stopped = () => new TagboatError('INTERRUPTED', { signal: 'Ctrl-C' });
    const ask = asks ? await askInTerminal(stopped) : askNobody;
    const choices = await choose({ ...around, images, config }, options, ask);
    const files = initFiles(choices, options, options.as, options.configDir ?? 'config-repo');
    const found = await Promise.all(files.map((one) => compared(app, session.cwd, one)));
    const changed = found.filter(({ before, text }) => before !== text);
    session.print(changed.map(({ diff }) => diff).join(''));
    const value = { files: changed.map(({ file, text }) => ({ file, text })), written: !options.check };
    if (options.check) return changed.length === 0 ? { value } : { value, exitCode: 2 };
    const others = changed.filter(({ before }) => before !== undefined);
    for (const { file } of others) {
      if (options.force || (await ask.yes(`${file} is there already. Replace it?`, false))) continue;
      throw new TagboatError('INIT_FILE_EXISTS', { file });
    }
    for (const { path, text } of changed) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
    }
    tell(
      session,
      changed.map(({ file }) => file),
    );
    return { value };
  };
}

async function compared(app: string, cwd: string, { file, text }: { readonly file: string; readonly text: string }) {
  // The config repo's folder is named from where the command runs, all else from the app repo.
  const path = resolve(file.startsWith('tagboat.yaml') || /^(?:\.github|\.gitlab-ci|aws)/.test(file) ? app : cwd, file);
  const before = await readFile(path, 'utf8').catch(() => undefined);
  const bytes = (one: string) => new TextEncoder().encode(one);
  return {
    file,
    path,
    text,
    before,
    diff: unifiedDiff(file, before === undefined ? undefined : bytes(before), bytes(text)),
  };
}

function tell(session: Session, files: readonly string[]): void {
  session.say((colors) =>
    files.length === 0
      ? `${colors.green('=')} Everything is there already.`
      : [
          ...files.map((file) => `${colors.green('✓')} ${oneLine(file)}`),
          'Look at the files, set the secrets that they name, then: tagboat plan',
        ].join('\n'),
  );
}
