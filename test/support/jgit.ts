import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram } from './docker-registry.ts';
import { tempDir } from './git-host.ts';
import { cache, installOnce, installStep } from './installed.ts';
import { serveUntilEnd } from './servers.ts';

const here = join(import.meta.dirname, 'jgit');
const [pom, main] = [join(here, 'pom.xml'), join(here, 'Main.java')] as const;
const version = createHash('sha256').update(readFileSync(pom)).update(readFileSync(main)).digest('hex').slice(0, 12);
const installed = join(cache, 'jgit', version);
const needed = existsSync(installed) ? ['java'] : ['java', 'javac', 'mvn'];

/** Why JGit can't be installed or started here, or undefined. */
export const noJgit: string | undefined = needed.every(hasProgram)
  ? undefined
  : 'Java or what JGit is installed by is missing (Debian: default-jdk-headless, maven)';

/** Serves the repositories below a folder until the test ends; answers where. */
export async function serveByJgit(root: string): Promise<string> {
  installOnce(installed, (half) => {
    installStep('mvn', '-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${half}`);
    installStep('javac', '-cp', join(half, '*'), '-d', half, main);
  });
  // It reads the user's settings of git, and keeps some of its own.
  const home = await tempDir();
  const env = { GIT_CONFIG_NOSYSTEM: '1', XDG_CONFIG_HOME: home };
  const classes = `${installed}:${join(installed, '*')}`;
  return serveUntilEnd('java', [`-Duser.home=${home}`, '-cp', classes, 'Main', root], env);
}
