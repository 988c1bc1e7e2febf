import { execFileSync } from 'node:child_process';
import { arch, cpus, release, totalmem, type } from 'node:os';
import type { Surroundings } from './results.ts';

/** What figures depend on: the machine, the programs, the day, and which Tagboat. */
export function surroundings(programs: readonly (readonly string[])[]): Surroundings {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${processors.length} × ${processors[0]?.model.trim() ?? arch()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release().replace(/-.*/, '')}`,
    programs: [`Node.js ${process.versions.node}`, ...programs.flatMap((argv) => saidBy(argv) ?? [])],
    commit: saidBy(['git', 'describe', '--always', '--dirty', '--abbrev=12']) ?? 'unknown',
  };
}

/** First line of what a program prints, or undefined where it isn't there. */
function saidBy([program = '', ...args]: readonly string[]): string | undefined {
  try {
    const said = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return said.split('\n', 1)[0];
  } catch {
    return undefined;
  }
}
