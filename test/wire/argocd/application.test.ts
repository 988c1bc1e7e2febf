import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { observe } from '../../../src/deploy/observe/observe.ts';
import { readApplication } from '../../../src/wire/argocd/application.ts';

/** What a real Argo CD answered. */
function fixture(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', `${name}.json`), 'utf8'));
}

const commit = expect.stringMatching(/^[0-9a-f]{40}$/);

describe('an application as a real Argo CD shows it', () => {
  it.each([
    [
      'application-healthy',
      {
        sync: { status: 'Synced', revision: commit },
        health: { status: 'Healthy' },
        automated: true,
        operation: { phase: 'Succeeded', revision: commit, finishedAt: expect.any(String) },
        reconciledAt: expect.any(String),
        images: [expect.any(String)],
      },
    ],
    ['application-progressing', { sync: { status: 'Synced' }, health: { status: 'Progressing' } }],
    [
      'application-degraded',
      {
        health: { status: 'Degraded', since: expect.any(String) },
        resources: [{ kind: 'Deployment', health: 'Degraded', message: expect.stringContaining('progress deadline') }],
      },
    ],
    [
      'application-comparison-error',
      {
        sync: { status: 'Unknown', revision: '' },
        conditions: [{ type: 'ComparisonError', message: expect.stringContaining('nil pointer') }],
      },
    ],
    [
      'application-sync-error',
      {
        conditions: [{ type: 'SyncError' }],
        operation: {
          phase: 'Failed',
          retryCount: 1,
          revision: commit,
          resources: [{ kind: 'Job', name: 'migration', hookPhase: 'Failed' }],
        },
      },
    ],
    ['application-hook-retrying', { operation: { phase: 'Running', retryCount: 1 } }],
    [
      'application-out-of-sync',
      { sync: { status: 'OutOfSync', revision: commit }, automated: false, operation: undefined },
    ],
    ['application-sync-asked', { requested: true }],
    ['application-syncing', { operation: { phase: 'Running' } }],
    [
      'application-multi-source',
      { multiSource: true, sources: [{ path: '' }, { path: 'main' }], sync: { revisions: [commit, commit] } },
    ],
  ])('%s', (name, expected) => {
    // biome-ignore format: a table
    expect(readApplication(fixture(name))).toMatchObject({ deleting: false, refreshing: false, hydrated: false, ...expected });
  });

  it('is none without a name', () => {
    for (const value of [undefined, null, [], 'x', {}, { metadata: {} }, { metadata: { name: 5 } }]) {
      expect(readApplication(value)).toBeUndefined();
    }
  });

  it('with two sources is asked about by the one that is our config repo', () => {
    const application = readApplication(fixture('application-multi-source'));
    if (application === undefined) throw new Error('no application');
    const [values, chart] = application.sources;
    const about = (repo: string) => observe(application, { repo, branch: 'main' }).revisions;
    expect(about(values?.repoUrl ?? '')).toEqual([application.sync.revisions[0]]);
    expect(about(chart?.repoUrl ?? '')).toEqual([application.sync.revisions[1]]);
    expect(about('https://git.example.test/elsewhere.git')).toEqual([]);
  });
});
