import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { pushPolicy } from '../src/auth/aws/policies.ts';
import { parseConfig } from '../src/config/config.ts';
import { planRun } from '../src/config/plan/run.ts';
import { imageName } from '../src/plan.ts';
import { source } from './image/images.ts';

const root = resolve(import.meta.dirname, '..');
const text = (path: string): string => readFileSync(resolve(root, path), 'utf8');

it("the example's config plans what the workflow before it did by hand", () => {
  const config = parseConfig(text('examples/after/tagboat.yaml'), 'tagboat.yaml', { AWS_ACCOUNT: '123456789012' });
  const plan = planRun(config, source, { actions: true });
  const registry = '123456789012.dkr.ecr.ap-northeast-1.amazonaws.com';
  expect(plan.images.map(imageName)).toEqual(
    ['app', 'web', 'migration'].map((name) => `${registry}/${name}-repo:${source.commit}`),
  );
  expect(plan.aws).toMatchObject({ role: 'arn:aws:iam::123456789012:role/role-github', sessionSeconds: 1800 });
  expect(plan.deliveries).toMatchObject([
    {
      repo: 'https://github.com/your_account/your_repository.git',
      branch: 'branch_name',
      edits: [{ file: 'main/values.yaml', path: '.front.imageTag', value: source.commit }],
      author: {
        name: 'github-actions[bot]',
        email: '41898282+github-actions[bot]@users.noreply.github.com',
      },
    },
  ]);
});

it('the README shows the example as it is', () => {
  const readme = text('README.md');
  expect(readme).toContain(text('examples/after/tagboat.yaml').trim());
  const workflow = parse(text('examples/after/.github/workflows/ship.yml'));
  const shown = parse(/```yaml\n(permissions:[\s\S]*?)```/.exec(readme)?.[1] ?? '');
  expect(workflow.jobs.ship.permissions).toEqual(shown.permissions);
  expect(workflow.jobs.ship.steps).toEqual(shown.steps);
});

it('the workflow before has the steps that are replaced, and the policies are what the code says', () => {
  const before = parse(text('examples/before/.github/workflows/build_and_push_image.yml'));
  expect(before.jobs.build.steps).toHaveLength(7);
  const policy = JSON.parse(text('examples/after/iam/push-policy.json'));
  const actions = (of: typeof policy) => of.Statement.flatMap(({ Action }: { Action: string[] }) => Action).sort();
  expect(actions(policy)).toEqual(actions(pushPolicy));
  const trust = JSON.parse(text('examples/after/iam/trust-policy.json'));
  expect(JSON.stringify(trust)).toContain('token.actions.githubusercontent.com:sub');
});

it('the page of exit codes names every exit code that errors have', async () => {
  const { exitCodes } = await import('../src/errors/codes.ts');
  const page = text('docs/reference/exit-codes.md');
  for (const code of Object.values(exitCodes)) expect(page).toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'));
});
