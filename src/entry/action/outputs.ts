import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { HoldsValue, PairsValue, QueueValue, RunValue } from '../../events/json-event.ts';
import { healthOf, type Verdict } from '../../plan/deploy.ts';
import type { CommitOutcome, ImageOutcome } from '../../plan/outcome.ts';
import type { Ending } from '../run/stopping.ts';

/** What later steps read. Names are part of the public contract, see action.yml. */
type Outputs = Readonly<
  Record<
    | 'outcome'
    | 'changed'
    | 'commit'
    | 'tag'
    | 'images'
    | 'commits'
    | 'verdict'
    | 'verdicts'
    | 'rolled-back'
    | 'candidates'
    | 'holds'
    | 'queue'
    | 'exit-code',
    string
  >
>;

/** The outputs of a run that ended like this. Everything is a string: that is all that outputs can hold. */
export function outputsOf(ending: Ending, exitCode: number): Outputs {
  const value = (ending.value ?? {}) as Partial<RunValue & PairsValue & HoldsValue & QueueValue>;
  const { images = [], commits = [], verdicts = [], rollbacks = [] } = value;
  const { candidates, branches, queues, pairs } = value;
  // Commands that build nothing have nothing that was built.
  const otherwise = (candidates ?? branches ?? queues ?? pairs) ? 'unchanged' : 'built';
  const landed = commits.find((commit) => commit.is === 'landed');
  return {
    outcome: exitCode === 0 ? (outcomeOf(commits) ?? otherwise) : 'failed',
    changed: String(landed !== undefined),
    commit: landed?.commit ?? '',
    tag: value.tag ?? '',
    images: JSON.stringify(images.map(imageOf)),
    commits: JSON.stringify(
      commits.map((one) => {
        const { is, delivery, repo, branch } = one;
        return { is, delivery, repo, branch, ...detailsOf(one) };
      }),
    ),
    verdict: verdictOf(verdicts),
    verdicts: JSON.stringify(
      verdicts.map((one) => {
        const { is, delivery, application, commit, revision = '', why } = one;
        return { is, health: healthOf(one), delivery, application, commit, revision, why };
      }),
    ),
    'rolled-back': String(rollbacks.some(({ commit }) => commit.is === 'landed')),
    candidates: JSON.stringify(candidates ?? []),
    holds: JSON.stringify(branches ?? []),
    queue: JSON.stringify(queues ?? []),
    'exit-code': String(exitCode),
  };
}

function imageOf(image: ImageOutcome): Readonly<Record<string, string | readonly string[] | undefined>> {
  const { is, name, reference } = image;
  if (is === 'skipped') return { is, name, reference, why: image.why };
  return { is, name, reference, tags: image.tags, digest: image.digest };
}

function detailsOf(commit: CommitOutcome): Readonly<Record<string, string | undefined>> {
  switch (commit.is) {
    case 'landed':
      return { commit: commit.commit };
    case 'proposed':
      return { commit: commit.commit, pullRequest: commit.pullRequest.url, head: commit.head };
    case 'unchanged':
      return {};
    case 'superseded':
      return { by: commit.by, why: commit.why };
    case 'held':
      return { by: commit.by, why: commit.why, until: commit.until };
  }
}

/** All applications in one word: the worst of them; empty when none was watched. */
function verdictOf(verdicts: readonly Verdict[]): string {
  const worst = ['degraded', 'syncFailed', 'timedOut', 'unknown', 'healthy'] as const;
  return worst.find((health) => verdicts.some((verdict) => healthOf(verdict) === health)) ?? '';
}

/** The outcome of all config commits in one word: what changed something outweighs what didn't. */
function outcomeOf(commits: readonly CommitOutcome[]): string | undefined {
  const order = ['landed', 'proposed', 'held', 'superseded', 'unchanged'] as const;
  return order.find((is) => commits.some((commit) => commit.is === is));
}

/** Appends outputs to GITHUB_OUTPUT in its multi-line form, whose delimiter no value can know beforehand. */
export function writeOutputs(
  file: string,
  outputs: Readonly<Record<string, string>>,
  clean: (text: string) => string = (text) => text,
): void {
  const text = Object.entries(outputs).map(([name, raw]) => {
    const value = clean(raw);
    const end = `tagboat-${randomUUID()}`;
    return `${name}<<${end}\n${value}\n${end}\n`;
  });
  appendFileSync(file, text.join(''));
}
