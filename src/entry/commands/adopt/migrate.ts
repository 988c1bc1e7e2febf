import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { unifiedDiff } from '../../../commit/edit/diff.ts';
import { TagboatError } from '../../../errors.ts';
import { type MigratedFile, migrateFile } from '../../migrate/migrate.ts';
import type { LookIn } from '../../migrate/parts.ts';
import { replacedBySed } from '../../migrate/sed.ts';
import type { StepReport } from '../../migrate/tell.ts';
import type { CommonOptions } from '../../run/options.ts';
import type { Body, Session } from '../../run/session.ts';
import { oneLine } from '../../show/printable.ts';
import { rewriteFile } from '../edit/rewrite.ts';

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
    const diffs = files.map(({ file, before, after }) => {
      const bytes = (one: string) => new TextEncoder().encode(one);
      return unifiedDiff(file, before === undefined ? undefined : bytes(before), bytes(after));
    });
    session.say((colors) => findings.map((one) => lineOf(one, colors)).join('\n'));
    const value = { files, findings, written: !options.check && files.length > 0 };
    session.print(diffs.join(''));
    if (options.check) {
      return files.length === 0 ? { value } : { value, exitCode: 2 };
    }
    await writeAll(app, files, options.force);
    tell(session, files);
    return { value };
  };
}

/** Throws MIGRATE_FILE_EXISTS before anything is written. */
async function writeAll(app: string, files: readonly MigratedFile[], force: boolean): Promise<void> {
  for (const { file, before, after } of files) {
    const there = before === undefined ? await readFile(join(app, file), 'utf8').catch(() => undefined) : undefined;
    if (there !== undefined && there !== after && !force) throw new TagboatError('INIT_FILE_EXISTS', { file });
  }
  for (const { file, before, after } of files) {
    const path = resolve(app, file);
    if (before === undefined) await writeFile(path, after);
    else await rewriteFile(path, new TextEncoder().encode(after));
  }
}

function tell(session: Session, files: readonly MigratedFile[]): void {
  if (files.length === 0) {
    session.say(() => 'There is nothing here that Tagboat could take over.');
    return;
  }
  const names = files.map(({ file }) => oneLine(file)).join(', ');
  session.say((colors) => `${colors.green('✓')} ${names} written. Look at the diff, then: tagboat plan`);
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
