import { type Contexts, evaluate, runnerVariable } from './expression.ts';
import type { Found } from './facts.ts';
import { pathFrom } from './facts.ts';
import { actions, inexpressible } from './recognise/actions.ts';
import { outputVariable } from './recognise/metadata.ts';
import { programs } from './recognise/programs.ts';
import { runScript } from './shell/run.ts';
import { Unclear } from './shell/tree.ts';
import type { Job, Step, Workflow } from './steps.ts';
import { type RunText, unknownValue, variableValue, whyUnknown } from './value.ts';

/** A step as far as it is understood. */
export interface ReadStep {
  readonly step: Step;
  readonly found: readonly Found[];
  /** Why it isn't understood, as the end of a sentence, and the line of the file. */
  readonly unclear?: { readonly why: string; readonly line: number; readonly delivers: boolean } | undefined;
}

export interface ReadJob {
  readonly job: Job;
  readonly steps: readonly ReadStep[];
  readonly outputs: Readonly<Record<string, RunText>>;
  /** The step that gives each variable which reaches Tagboat from a step. */
  readonly givers: ReadonlyMap<string, number>;
}

export interface Reading {
  readonly wholeCommits: boolean;
  readonly needs: (job: string, name: string) => RunText;
}

const delivers = /\bdocker\b|\bgit\s+(?:push|commit)|\byq\b|\bsed\s+-[Er]*i|\bkustomize\b|\bargocd\b|ecr\b/;

/** Reads a job's steps in order, with what each leaves for the later ones. Pure. */
export function readJob(
  workflow: Workflow,
  job: Job,
  matrix: Readonly<Record<string, string>>,
  reading: Reading,
): ReadJob {
  const written = new Map<string, RunText>();
  const outputs = new Map<string, RunText>();
  const givers = new Map<string, number>();
  const facts: Found[] = [];
  const plainBranches = workflow.branches?.every((branch) => /^[\w.-]+$/.test(branch)) === true;

  const contextsFor = (env: Readonly<Record<string, string>>): Contexts => {
    const contexts: Contexts = {
      env: (name) => {
        const own = env[name];
        if (own !== undefined) return evaluate(own, { ...contextsFor({}), env: contextsFor({}).env });
        const later = written.get(name);
        if (later !== undefined) return later;
        const above = job.env[name] ?? workflow.env[name];
        if (above !== undefined) {
          const { [name]: _, ...others } = { ...workflow.env, ...job.env };
          return evaluate(above, {
            ...contexts,
            env: (one) => others[one] ?? unknownValue(`${one} is set nowhere here`),
          });
        }
        return runnerVariable(name) ?? unknownValue(`the variable ${name} is set nowhere here`);
      },
      output: (step, name) =>
        outputs.get(`${step}.${name}`) ??
        variableValue(outputVariable(step, name), `steps.${step}.outputs.${name}`, false),
      needs: reading.needs,
      matrix,
    };
    return contexts;
  };

  const steps = job.steps.map((step): ReadStep => {
    const contexts = contextsFor(step.env);
    try {
      const { found, given } = readStep(step, contexts);
      for (const { fact } of found) {
        if (fact.is !== 'env' && fact.is !== 'output') continue;
        const name = fact.is === 'env' ? fact.name : outputVariable(step.id ?? '', fact.name);
        // What can't be told beforehand is still there when the run comes to Tagboat, if the step stays.
        const expression = fact.is === 'env' ? `env.${name}` : `steps.${step.id ?? ''}.outputs.${fact.name}`;
        const value =
          whyUnknown(fact.value) === undefined ? fact.value : variableValue(name, expression, fact.is === 'env');
        if (fact.is === 'env') written.set(name, value);
        else outputs.set(`${step.id ?? ''}.${fact.name}`, value);
        givers.set(name, step.at);
      }
      for (const [name, value] of Object.entries(given)) {
        outputs.set(`${step.id ?? ''}.${name}`, value);
        givers.set(outputVariable(step.id ?? '', name), step.at);
      }
      facts.push(...found);
      return { step, found };
    } catch (error) {
      if (!(error instanceof Unclear)) throw error;
      forget(step);
      const line = error.line === undefined ? step.line : step.runLine + error.line;
      return { step, found: [], unclear: { why: error.why, line, delivers: delivers.test(step.text) } };
    }
  });

  /** Whatever a step that isn't understood may have written is known no more. */
  function forget(step: Step): void {
    for (const [, name = ''] of step.text.matchAll(/\b([A-Za-z_]\w*)=/g)) {
      if (!/GITHUB_ENV/.test(step.text)) return;
      written.set(name, variableValue(name, `env.${name}`, true));
      givers.set(name, step.at);
    }
  }

  function readStep(step: Step, contexts: Contexts): { found: Found[]; given: Readonly<Record<string, RunText>> } {
    if (step.uses !== undefined) {
      const [name = ''] = step.uses.split('@');
      const known = Object.hasOwn(actions, name) ? actions[name] : undefined;
      if (known === undefined) throw new Unclear(inexpressible[name] ?? `the action ${name}`);
      const inputs = Object.fromEntries(
        Object.entries(step.inputs).map(([input, text]) => [input, evaluate(text, contexts)]),
      );
      const done = known({
        inputs,
        id: step.id,
        env: contexts.env,
        wholeCommits: reading.wholeCommits,
        ecr: ecrHost(facts),
      });
      return { found: done.facts.map((fact) => ({ fact, line: step.line })), given: done.outputs ?? {} };
    }
    if (step.run === undefined) throw new Unclear('a step that neither runs nor uses something');
    if (step.shell !== undefined && !/^(?:bash|sh)\b/.test(step.shell)) throw new Unclear(`the shell ${step.shell}`);
    const dir = pathFrom('', evaluate(step.dir ?? job.dir ?? '', contexts));
    if (dir === undefined) throw new Unclear('its working directory');
    const variable = contexts.env;
    const { wholeCommits } = reading;
    const { found } = runScript(evaluate(step.run, contexts), {
      dir,
      variable,
      recognisers: programs,
      plainBranches,
      wholeCommits,
    });
    return { found: found.map(({ fact, line }) => ({ fact, line: step.runLine + line })), given: {} };
  }

  const last = contextsFor({});
  const jobOutputs = Object.fromEntries(
    Object.entries(job.outputs).map(([name, text]) => [name, evaluate(text, last)]),
  );
  return { job, steps, outputs: jobOutputs, givers };
}

/** The registry of the account and region that the role is of. */
function ecrHost(facts: readonly Found[]): RunText | undefined {
  const aws = facts.findLast(({ fact }) => fact.is === 'aws')?.fact;
  if (aws?.is !== 'aws' || aws.role === undefined || aws.region === undefined) return undefined;
  const account = /^arn:aws[\w-]*:iam::((?:\uE000[^\uE001]*\uE001|\d+)):role\//.exec(aws.role)?.[1];
  return account === undefined ? undefined : `${account}.dkr.ecr.${aws.region}.amazonaws.com`;
}
