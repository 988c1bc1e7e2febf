import { branchValue, commitValue, type RunText, unknownValue, variableValue } from './value.ts';

/** What the expressions of a workflow are told by. */
export interface Contexts {
  readonly env: (name: string) => RunText;
  readonly output: (step: string, name: string) => RunText;
  readonly needs: (job: string, name: string) => RunText;
  readonly matrix: Readonly<Record<string, string>>;
}

const github: Readonly<Record<string, RunText>> = {
  sha: commitValue,
  ref: `refs/heads/${branchValue}`,
  ref_name: branchValue,
  token: variableValue('GITHUB_TOKEN', 'github.token', true),
  workspace: '/github/workspace',
  ...Object.fromEntries(
    ['repository', 'repository_owner', 'run_number', 'run_id', 'run_attempt', 'actor', 'server_url'].map((name) => [
      name,
      variableValue(`GITHUB_${name.toUpperCase()}`, `github.${name}`, true),
    ]),
  ),
};

/** The environment that the runner gives, as far as a delivery is made of it. */
export function runnerVariable(name: string): RunText | undefined {
  const files: Readonly<Record<string, RunText>> = {
    GITHUB_ENV: '/github/env',
    GITHUB_OUTPUT: '/github/output',
    GITHUB_STEP_SUMMARY: '/github/summary',
  };
  const own = /^GITHUB_([A-Z_]+)$/.exec(name)?.[1]?.toLowerCase();
  // The job's token is in no environment unless a workflow puts it there.
  if (own !== undefined && own !== 'token' && Object.hasOwn(github, own)) return github[own];
  return Object.hasOwn(files, name) ? files[name] : undefined;
}

/** A text of the workflow with its `${{ … }}` as values. */
export function evaluate(text: string, contexts: Contexts): RunText {
  return text.replace(/\$\{\{\s*([\s\S]*?)\s*\}\}/g, (_, expression: string) => lookUp(expression, contexts));
}

function lookUp(expression: string, { env, output, needs, matrix }: Contexts): RunText {
  const [context = '', ...rest] = expression.split('.');
  const name = rest.join('.');
  const quoted = /^'((?:[^']|'')*)'$/.exec(expression)?.[1];
  if (quoted !== undefined) return quoted.replaceAll("''", "'");
  if (/^(?:true|false|\d+)$/.test(expression)) return expression;
  if (context === 'matrix' && Object.hasOwn(matrix, name)) return matrix[name] ?? '';
  if (/^[\w-]+$/.test(name)) {
    if (context === 'env') return env(name);
    if (context === 'github' && Object.hasOwn(github, name)) return github[name] ?? '';
    if (expression === 'secrets.GITHUB_TOKEN') return github.token ?? '';
    if (context === 'secrets' || context === 'vars') return variableValue(name.toUpperCase(), expression, false);
  }
  const [, step, out] = /^steps\.([\w-]+)\.outputs\.([\w-]+)$/.exec(expression) ?? [];
  if (step !== undefined && out !== undefined) return output(step, out);
  const [, job, from] = /^needs\.([\w-]+)\.outputs\.([\w-]+)$/.exec(expression) ?? [];
  if (job !== undefined && from !== undefined) return needs(job, from);
  return unknownValue(`it is the expression ${expression}`);
}
