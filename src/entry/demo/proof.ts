import { readBody } from '../../wire/http.ts';
import type { Session } from '../run/session.ts';
import type { DemoWorld } from './world.ts';

/** A command for people, and what it printed when the demo ran it. */
export interface Proof {
  readonly about: string;
  readonly command: string;
  readonly output: string;
}

/** Looks at what the runs left on the servers, by the very commands that people can repeat. */
export async function proofs(demo: DemoWorld, configRepo: string, repository: string): Promise<Proof[]> {
  const dir = demo.gitHost.repoDir(configRepo);
  const log = ['log', '--format=%h  %an  %s', 'main'];
  const tags = `${demo.registry.url}/v2/${repository}/tags/list`;
  const answer = await demo.world.http({ url: tags, signal: demo.world.signal });
  return [
    {
      about: 'the config repo: one commit for each run that changed something',
      command: `git -C ${dir} log --format='%h  %an  %s' main`,
      output: await demo.gitHost.git(configRepo, ...log),
    },
    {
      about: 'the newest of them: one value, and who holds it; everything else as people wrote it',
      command: `git -C ${dir} show --format= main`,
      output: await demo.gitHost.git(configRepo, 'show', '--format=', 'main'),
    },
    {
      about: 'the registry: a tag for each commit',
      command: `curl ${tags}`,
      output: (await readBody(answer, 64 * 1024)).toString(),
    },
  ];
}

/** What else can be done while the servers are up, and what is left when they aren't. */
export function farewell(
  session: Session,
  demo: DemoWorld,
  about: { readonly configRepo: string; readonly stays: boolean; readonly kept: string | undefined },
): void {
  session.say((colors) => {
    if (about.stays) {
      const clone = `  ${colors.cyan('$')} git clone ${demo.gitHost.repoUrl(about.configRepo)}`;
      return `\n${clone}\n\nEverything stays up, so that you can look around. ${colors.bold('Ctrl-C')} ends it and cleans up.`;
    }
    if (about.kept !== undefined) {
      return colors.dim(
        `\nThe servers are down. Kept in ${about.kept}: git/ can be read with git, registry/ holds the images.`,
      );
    }
    return colors.dim(
      '\nServers and files are gone now. Without --exit they stay up to be looked at; --keep keeps the files.',
    );
  });
}

/** Shows commands with their output. */
export function showProofs(session: Session, list: readonly Proof[]): void {
  for (const { about, command, output } of list) {
    session.say((colors) => {
      const lines = output
        .trimEnd()
        .split('\n')
        .map((line) => `  ${colors.dim(line)}`);
      return [`\n  ${colors.dim(`# ${about}`)}`, `  ${colors.cyan('$')} ${command}`, ...lines].join('\n');
    });
  }
}
