import type { Reach } from './reach.ts';
import type { VerdictResults } from './results.ts';
import { median, range } from './statistics.ts';
import { table } from './table.ts';

/** Seconds from the push, and how often what was told was true. */
export function verdictTable({ ways }: Pick<VerdictResults, 'ways'>): string {
  return table([
    ['way', 'from push to the word', "after Argo CD's own state was final", 'runs', 'true'],
    ...ways.map(({ name, runs }) => [
      `\`${name}\``,
      spread(runs.map(({ seconds }) => seconds)),
      spread(runs.flatMap(({ late, right }) => (right && late !== null ? [late] : []))),
      `${runs.length}`,
      `${runs.filter(({ right }) => right).length}`,
    ]),
  ]);
}

function spread(values: readonly number[]): string {
  if (values.length === 0) return '–';
  const [low, high] = range(values);
  return `${median(values).toFixed(1)} s (${low.toFixed(1)}–${high.toFixed(1)})`;
}

export const verdictWords = `From a push of one tag until a pipeline is told that it is live, on a real Argo CD with a real Kubernetes control plane
(nodes played by KWOK), its usual three minutes between polls, and pods that take two seconds until their readiness probe has
an answer. Medians, lowest and highest. True is a word that held: at that moment all pods ran the pushed tag and were ready.
Looped means \`argocd app wait --sync --health\`, then \`argocd app get\`, and again until its revision is the pushed one.

Tagboat has Healthy hold for a second once it was seen to become so (a fifth of \`argocd.settle\`, all of which it has to hold
where nothing was seen to move), unless the cluster itself says that every rollout is over and none is still to begin. What
the second is for, and where it stays: [decision 006](decisions/006-a-verdict-is-ours-or-later.md). Pods without any
probe are such a case: they are ready as soon as their program runs, even one that ends at once.`;

export function verdictReaches({ ways }: VerdictResults): Reach[] {
  return ways
    .filter(({ name }) => name.startsWith('tagboat'))
    .map(({ name, runs }) => ({
      what: `${name}: after Argo CD's own state is final`,
      figure: median(runs.flatMap(({ late }) => late ?? [])),
      is: 'at most',
      // Without a probe, the second stays.
      limit: name.endsWith('probe') ? 1.5 : 0.3,
      unit: ' s',
    }));
}
