import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { TagboatError } from '../../../errors.ts';
import type { MigrateValue } from '../../../events/json-event.ts';
import { asker } from '../../init/ask.ts';
import { type MigratedFile, migrateFile } from '../../migrate/migrate.ts';
import type { LookIn } from '../../migrate/parts.ts';
import { replacedBySed } from '../../migrate/sed.ts';
import type { StepReport } from '../../migrate/tell.ts';
import type { CommonOptions } from '../../run/options.ts';
import type { Body, Session } from '../../run/session.ts';
import { oneLine } from '../../show/printable.ts';
import { showAndWrite } from './show-and-write.ts';

interface MigrateCommandOptions {
  readonly check: boolean;
  readonly force: boolean;
  readonly wholeCommits: boolean;
  readonly configRepo?: string | undefined;
}

/** `tagboat migrate`: workflows that deliver by hand, taken over. With `check` it shows the diff and writes nothing. */
export function migrate(common: CommonOptions, names: readonly string[], options: MigrateCommandOptions): Body {
  return async (session) => {
    const app = resolve(session.cwd, common.app ?? '.');
    const look = lookIn(app, options.configRepo === undefined ? undefined : resolve(session.cwd, options.configRepo));
    const files: MigratedFile[] = [];
    const findings: StepReport[] = [];
    for (const name of names) {
      const path = resolve(session.cwd, name);
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        throw new TagboatError('MIGRATE_FILE_UNREADABLE', { file: name, reason: error.code ?? error.message });
      });
      const taken = new Set(files.map(({ file }) => file));
      const done = migrateFile(inside(app, path), text, taken, { wholeCommits: options.wholeCommits, look });
      files.push(...done.files);
      findings.push(...done.findings);
    }
    session.say((colors) => findings.map((one) => lineOf(one, colors)).join('\n'));
    const intended = files.map(({ file, before, after }) => ({
      ...{ file, path: resolve(app, file), text: after, given: before !== undefined },
    }));
    const changed = await showAndWrite(session, intended, { ...options, ask: await asker(session, false) });
    const value: MigrateValue = { files, findings, written: !options.check && files.length > 0 };
    if (options.check) return changed.length === 0 ? { value } : { value, exitCode: 2 };
    const written = changed.map(({ file }) => oneLine(file)).join(', ');
    session.say((colors) =>
      changed.length === 0
        ? 'There is nothing here that Tagboat could take over.'
        : `${colors.green('✓')} ${written} written. Look at the diff, then: tagboat plan`,
    );
    return { value };
  };
}

function lineOf(
  { file, line, step, is, text }: StepReport,
  colors: Parameters<Parameters<Session['say']>[0]>[0],
): string {
  const mark = {
    replaced: colors.green('✓'),
    kept: colors.dim('='),
    left: colors.yellow('!'),
    note: colors.yellow('~'),
  }[is];
  const what = step === '' ? '' : `${oneLine(step)}: `;
  return `${mark} ${is.padEnd(8)}  ${colors.dim(`${oneLine(file)}:${line}`)}  ${what}${oneLine(text)}`;
}

function inside(app: string, path: string): string {
  return relative(app, path).split(sep).join('/');
}

/** Files of the config repo, where somebody said where it is; those of the app repo are at hand. */
function lookIn(app: string, configRepo: string | undefined): LookIn {
  return {
    replaced: (dir, file, script, extended) => {
      const root = dir === '' ? app : configRepo;
      if (root === undefined)
        return 'which values `sed` changes only the file tells: say where its repo is checked out, by --config-repo DIR';
      let text: string;
      try {
        text = readFileSync(join(root, file), 'utf8');
      } catch {
        return `there is no ${file} in ${dirname(join(root, file))}, so it can't be told what \`sed\` changes`;
      }
      return replacedBySed(file, text, script, extended);
    },
  };
}
