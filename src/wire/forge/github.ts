import { WireFailure } from '../failure.ts';
import { at, listAt, textAt } from '../fields.ts';
import type { PullsDialect } from './pulls.ts';

const enableAutoMerge = `mutation ($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { pullRequest { number } }
}`;

/** GitHub's ways. `graphql` is the URL of that API of its. */
export function githubPulls(graphql: string): PullsDialect {
  return {
    find: async (call, owner, head, state) => {
      const value = await call('GET /repos/{owner}/{repo}/pulls', { state, head: `${owner}:${head}` });
      return listAt({ value }, 'value');
    },
    // A label that isn't there yet is made.
    label: (call, number, labels) => call('POST /repos/{owner}/{repo}/issues/{number}/labels', { number, labels }),
    mergeWhenReady: async (call, pull, value, { head, method }) => {
      const merge = () =>
        call('PUT /repos/{owner}/{repo}/pulls/{number}/merge', {
          number: pull.number,
          merge_method: method,
          sha: head,
        });
      // What nothing stands in the way of can't be put up for a later merge.
      if (isReady(value)) return merge();
      const input = {
        pullRequestId: textAt(value, 'node_id'),
        mergeMethod: method.toUpperCase(),
        expectedHeadOid: head,
      };
      const answer = await call(`POST ${graphql}`, { query: enableAutoMerge, variables: { input } });
      const [refusal] = listAt(answer, 'errors');
      if (refusal === undefined) return answer;
      const now = await call('GET /repos/{owner}/{repo}/pulls/{number}', { number: pull.number });
      if (isReady(now)) return merge();
      const about = { status: 422, peerCode: textAt(refusal, 'type'), peerText: textAt(refusal, 'message') };
      throw new WireFailure('status', graphql, { ...about, retryable: false });
    },
  };
}

function isReady(value: unknown): boolean {
  return ['clean', 'has_hooks', 'unstable'].includes(String(at(value, 'mergeable_state')));
}
