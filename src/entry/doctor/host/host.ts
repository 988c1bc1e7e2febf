import { askConfigRepo } from '../../../commit/repo/ask.ts';
import { forgeOf } from '../../../commit/repo/forge.ts';
import { isError, reportOf, TagboatError } from '../../../errors.ts';
import type { Finding } from '../../../plan/finding.ts';
import type { GitCredential } from '../../../plan.ts';
import { shownUrl } from '../../../wire/failure.ts';
import { at, numberAt } from '../../../wire/fields.ts';
import { openApi } from '../../../wire/forge/forge.ts';
import { type GitRemote, openRemote } from '../../../wire/git/remote.ts';
import type { World } from '../../../wire/world.ts';
import type { CommonOptions } from '../../run/options.ts';
import { openConfig } from '../../run/prepare.ts';
import type { Body, Session } from '../../run/session.ts';
import { withAuth } from '../../run/with-auth.ts';
import { type ProductStyle, tableLines } from '../../show/see/style.ts';
import { findingOf } from '../check-files.ts';
import { endWithFindings, found } from '../tell.ts';
import { answerToRefusal, askReads, type HostAnswer } from './ask-git.ts';
import { askWrites } from './ask-writes.ts';
import { profileOf } from './profile.ts';

/** Refs of our own are removed within this time, milliseconds: whoever stopped the doctor waits for it. */
const mostRemovingMs = 20_000;

/** A config repo's host: what it is, what is proved of its kind without it, and what it allows itself. */
export interface HostLook {
  readonly repo: string;
  readonly host: string;
  readonly proved: string;
  readonly answers: readonly HostAnswer[];
}

/** What each question is, and what follows from yes and from no. */
const meanings: Readonly<Record<HostAnswer['asks'], readonly [question: string, yes: string, no: string]>> = {
  protocol2: ["git's protocol 2", 'refs by name, any id by right', 'one request more'],
  byDepth: [
    'folders to a depth (tree:1)',
    'four requests, five with the look after',
    'all folders in one answer, or one by one',
  ],
  byCommit: ['the commit alone (tree:0)', 'history and order in few bytes', 'history sends folders along'],
  filesLeftOut: ['no files (blob:none)', 'files by their ids', 'all files of the tip are read'],
  anyId: ['any object by its id', 'files and folders one by one', 'whole answers alone'],
  push: ['this token may push', 'commits by git', 'no commits by git'],
  ownRefs: ['refs of our own', 'the queue and what is confirmed', 'beaten pushes are tried again'],
  lock: ['a push from another old id is refused', 'nothing is written over', 'writers write over each other'],
  atomic: ['several refs or none', 'the queue lands in one push', 'beaten pushes are tried again'],
  api: ['this token may write by the API', 'pull requests, commits by API', 'no pull requests, no commits by API'],
};

/** `tagboat doctor --host`: what is proved of the config repos' hosts without them, and what they themselves allow. */
export async function doctorHosts(session: Session, common: CommonOptions): ReturnType<Body> {
  const { world } = session;
  const { config } = await openConfig(session, common);
  const places = new Map(config.deliveries.map(({ repo, branch }) => [repo, { repo, branch }]));
  const looks: HostLook[] = [];
  const [failed, left]: [Finding[], Finding[]] = [[], []];
  await withAuth(session, async (auth) => {
    for (const place of places.values()) {
      try {
        looks.push(await lookAtHost(world, place, await auth.git(place.repo), (one) => left.push(one)));
      } catch (error) {
        // A doctor that is stopped says this much.
        if (world.signal.aborted) for (const finding of left) session.emit({ type: 'finding', ...finding });
        world.signal.throwIfAborted();
        failed.push(findingOf(reportOf(error)));
      }
    }
  });
  session.print((style) => hostText(looks, style));
  const unlocked = looks.filter(({ answers }) => answers.some(({ asks, is }) => asks === 'lock' && is === 'no'));
  const findings = unlocked.map(({ repo }) => {
    const message = `${repo} takes a push whose old id is another than the ref has: nothing keeps writers from writing over each other.`;
    const fix = 'Let its host compare the old id of a push, as git does, or let one writer alone deliver there.';
    return found('HOST_LOCK_MISSING', 'error', message, fix);
  });
  return endWithFindings(session, [...failed, ...findings, ...left], { hosts: looks });
}

/**
 * Asks a config repo's host what it allows. Refs of our own are made there and removed, and `left` is told of those that it
 * keeps. Throws GIT_*, REPO_*, BRANCH_*.
 */
export async function lookAtHost(
  world: World,
  place: { readonly repo: string; readonly branch: string },
  credential: GitCredential | undefined,
  left: (finding: Finding) => void = () => undefined,
): Promise<HostLook> {
  const repo = shownUrl(place.repo);
  const again = (): GitRemote => {
    const now = world.clock.now();
    const limits = { idleMs: 10_000, deadline: now + mostRemovingMs, patientUntil: now, notice: world.notice };
    const unstopped = { ...world, signal: new AbortController().signal };
    return openRemote(unstopped, { url: place.repo, authorization: credential?.authorization, ...limits });
  };
  const tellLeft = (ref: string, why: string): void => {
    const fix = `Remove it: git push ${repo} :${ref}. Nothing reads it, and a later doctor --host tries it again once it is an hour old.`;
    left(found('HOST_REF_LEFT', 'warning', `${ref} is left in ${repo}: ${why}.`, fix));
  };
  const answers = await askConfigRepo(world, place, credential, async ({ remote, readTip }) => {
    const tip = await readTip();
    return [...(await askReads(remote, tip)), ...(await askWrites(world, remote, { tip, again, left: tellLeft }))];
  });
  const url = new URL(place.repo);
  const request = { url: place.repo, method: 'HEAD', signal: world.signal, idleMs: 10_000 } as const;
  const head = await world.http(request).catch(() => undefined);
  head?.body.destroy();
  const { name, proved } = profileOf(url, world.env, head?.headers ?? {});
  const api = await askApi(world, place.repo, name, credential);
  return { repo, host: name, proved, answers: [...answers, api] };
}

/** Whether the token may write, as the host's API has it. */
async function askApi(
  world: World,
  repo: string,
  name: string,
  credential: GitCredential | undefined,
): Promise<HostAnswer> {
  const said = name.startsWith('Gitea') ? 'gitea' : name === 'GitLab' ? 'gitlab' : undefined;
  try {
    const { kind, access } = forgeOf(world, repo, said, credential);
    const call = openApi(world, access).call;
    const [owner, name] = access.path.split('/');
    const about = await (kind === 'gitlab'
      ? call('GET /projects/{id}', { id: access.path })
      : call('GET /repos/{owner}/{repo}', { owner, repo: name }));
    const rights = at(about, 'permissions');
    if (rights === undefined) return { asks: 'api', is: 'unknown', said: 'it tells no rights of this token' };
    // 30 is a developer (GitLab's REST reference, "Valid access levels").
    const level = Math.max(...['project_access', 'group_access'].map((one) => numberAt(rights, one, 'access_level')));
    const may = kind === 'gitlab' ? level >= 30 : at(rights, 'push') === true;
    return { asks: 'api', is: may ? 'yes' : 'no' };
  } catch (error) {
    if (isError(error, 'PULL_REQUEST_IMPOSSIBLE'))
      return { asks: 'api', is: 'unknown', said: 'no API of it is used, or no token of it is known' };
    if (error instanceof TagboatError) throw error;
    return answerToRefusal('api', error);
  }
}

/** The looks as a table each. */
export function hostText(looks: readonly HostLook[], { colors }: ProductStyle): string {
  const marks = { yes: colors.green, no: colors.yellow, unknown: colors.dim };
  const tables = looks.map(({ repo, host, proved, answers }) => {
    const rows = answers.map(({ asks, is, said }) => {
      const [question, yes, no] = meanings[asks];
      const means = is === 'yes' ? yes : is === 'no' ? no : 'nobody knows';
      return [
        { text: question },
        { text: is, as: marks[is] },
        { text: said === undefined ? means : `${means} (${said})`, as: colors.dim },
      ];
    });
    const [title, word] = tableLines(
      [[{ text: `${repo}: ${host}` }], [{ text: `Without it is proved: ${proved}.` }]],
      [200],
    );
    return [colors.bold(title ?? ''), word, ...tableLines(rows, [40, 7, 110])].join('\n');
  });
  return `${tables.join('\n\n')}\n`;
}
