import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { readInputs } from '../../src/entry/action/inputs.ts';
import { promote } from '../../src/entry/commands/promote/promote.ts';
import { git, gitHost, noHttpBackend, skipNote, tempDir } from '../support/git-host.ts';
import { here } from '../support/here.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/how-to/promotion.md'), 'utf8');
const [config, button, schedule] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => parse(text));

interface Job {
  readonly environment?: string;
  readonly steps: readonly { readonly with?: Readonly<Record<string, unknown>> }[];
}

/** What the runner gives the Action in this job, with the button's inputs as their defaults are. */
function inputsOf(job: Job) {
  const { inputs } = button.on.workflow_dispatch as { inputs: Record<string, { default?: string }> };
  const given = job.steps.flatMap((step) => Object.entries(step.with ?? {}));
  return readInputs(
    Object.fromEntries(
      given.map(([name, value]) => {
        const text = String(value).replace(/\$\{\{ inputs\.(\w+) \}\}/g, (_, of) => inputs[of]?.default ?? 'tested');
        return [`INPUT_${name.toUpperCase()}`, text];
      }),
    ),
  );
}

describe('the page about promotion', () => {
  it.skipIf(noHttpBackend !== undefined)(`has a button that promotes${skipNote}`, async () => {
    const host = await gitHost();
    const files = {
      'staging/shop.yaml': 'image:\n  tag: v2 # by CI\n',
      'production/shop.yaml': 'image:\n  tag: v1 # by CI\n',
    };
    const repo = await host.createRepo('config', { files });
    const app = await tempDir();
    // The page's config, in this host's repository and with no Argo CD to ask afterwards.
    const deliveries = Object.fromEntries(
      Object.entries(config.deliveries as Record<string, object>).map(
        ([name, { application: _, ...one }]: [string, { application?: string }]) => [name, { ...one, repo }],
      ),
    );
    await writeFile(join(app, 'tagboat.yaml'), stringify({ ...config, deliveries, argocd: undefined }));
    await git(app, 'init', '--quiet', '--initial-branch=main');
    await git(app, 'add', '.');
    await git(app, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.test', 'commit', '--quiet', '-m', 'x');
    const read = inputsOf(button.jobs.promote);
    expect([read.command, button.jobs.promote.environment]).toEqual(['promote', 'production']);
    const body = promote(read.common, read.promote.names, read.promote.options);
    const done = await here(body, { command: 'promote', cwd: app });
    expect(done).toMatchObject({ errors: [], commits: [{ is: 'landed', delivery: 'production' }] });
    expect(await host.git('config', 'show', 'main:production/shop.yaml')).toBe(files['staging/shop.yaml']);
    expect(await host.git('config', 'log', '-1', '--format=%B', 'main')).toContain('tested');
  });

  it('has a scheduled workflow that looks first, and asks for approval only where something is due', () => {
    const { look, promote: act } = schedule.jobs as Record<
      string,
      Job & { needs: string; if: string; outputs: object }
    >;
    expect(schedule.on.schedule).toEqual([{ cron: expect.stringMatching(/^\S+ \* \* \* \*$/) }]);
    expect(look && inputsOf(look)).toMatchObject({
      command: 'promote',
      promote: { options: { due: true, check: true } },
    });
    expect(act && inputsOf(act)).toMatchObject({
      command: 'promote',
      promote: { options: { due: true, check: false } },
    });
    expect([look?.environment, act?.environment, act?.needs]).toEqual([undefined, 'production', 'look']);
    expect(look?.outputs).toEqual({ candidates: expect.stringContaining('.outputs.candidates') });
    expect(act?.if).toContain('needs.look.outputs.candidates');
  });
});
