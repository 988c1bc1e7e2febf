import { partitionOf } from '../../auth/aws/ecr-host.ts';
import type { Contexts } from './expression.ts';
import { type Found, pathFrom, Unclear } from './facts.ts';
import type { Job, Pipeline, Step, StringMap } from './pipeline.ts';
import { accountOf, readUse } from './recognise/actions.ts';
import { programs } from './recognise/programs.ts';
import { runScript } from './shell/run.ts';
import { type RunText, variableName, variableValue, whyUnknown } from './value.ts';

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

interface Reading {
  readonly wholeCommits: boolean;
  readonly needs: (job: string, name: string) => RunText;
}

const delivers = /\bdocker\b|\bgit\s+(?:push|commit)|\byq\b|\bsed\s+-[Er]*i|\bkustomize\b|\bargocd\b|ecr\b/;

/** Reads a job's steps in order, with what each leaves for the later ones. Pure. */
export function readJob(pipeline: Pipeline, job: Job, matrix: StringMap, { wholeCommits, needs }: Reading): ReadJob {
  const written = new Map<string, { readonly value: RunText; readonly at: number }>();
  const outputs = new Map<string, RunText>();
  const givers = new Map<string, number>();
  const facts: Found[] = [];
  /** Steps that write to the environment in a way that isn't understood. */
  const murky: Step[] = [];
  const plainBranches = job.from.every((branch) => /^[\w.-]+$/.test(branch));

  /** A variable is evaluated by what stands above it, and never by itself. */
  const lookUp = (name: string, env: StringMap, hidden: readonly string[] = []): RunText => {
    const without = (text: string, others: StringMap): RunText =>
      pipeline.evaluate(text, contextsFor(others, [...hidden, name]));
    const own = hidden.includes(name) ? undefined : env[name];
    if (own !== undefined) return without(own, {});
    const later = written.get(name);
    const writer = murky.findLast(({ text }) => new RegExp(`\\b${name}\\b`).test(text));
    if (writer !== undefined && writer.at > (later?.at ?? -1)) {
      givers.set(name, writer.at);
      return variableValue(name, `env.${name}`, true);
    }
    if (later !== undefined) return later.value;
    const above = hidden.includes(name) ? undefined : job.env[name];
    return above === undefined ? pipeline.given(name) : without(above, {});
  };
  const contextsFor = (env: StringMap, hidden: readonly string[] = []): Contexts => ({
    env: (name) => lookUp(name, env, hidden),
    output: (step, name) =>
      outputs.get(`${step}.${name}`) ?? variableValue(variableName(step, name), `steps.${step}.outputs.${name}`, false),
    needs,
    matrix,
  });

  const keep = (step: Step, is: 'env' | 'output', name: string, value: RunText): void => {
    const variable = is === 'env' ? name : variableName(step.id ?? '', name);
    // What can't be told beforehand is still there when the run comes to Tagboat, if the step stays. So is what a
    // step gives that runs only sometimes.
    const expression = is === 'env' ? `env.${variable}` : `steps.${step.id ?? ''}.outputs.${name}`;
    const isSure = whyUnknown(value) === undefined && step.condition === undefined;
    const kept = isSure ? value : variableValue(variable, expression, is === 'env');
    if (is === 'env') written.set(variable, { value: kept, at: step.at });
    else outputs.set(`${step.id ?? ''}.${name}`, kept);
    givers.set(variable, step.at);
  };

  const readStep = (step: Step, contexts: Contexts): { found: readonly Found[]; given: StringMap } => {
    const line = step.line;
    const inputs = Object.entries(step.inputs).map(
      ([name, text]) => [name, pipeline.evaluate(text, contexts)] as const,
    );
    if (step.uses !== undefined) {
      const use = { inputs: Object.fromEntries(inputs), id: step.id, env: contexts.env, wholeCommits };
      const done = readUse(step.uses, { ...use, ecr: ecrHost(facts) });
      return { found: done.facts.map((fact) => ({ fact, line })), given: done.outputs ?? {} };
    }
    if (step.run === undefined) throw new Unclear('a step that neither runs nor uses something');
    if (step.shell !== undefined && !/^(?:bash|sh)\b/.test(step.shell)) throw new Unclear(`the shell ${step.shell}`);
    const dir = pathFrom('', pipeline.evaluate(step.dir ?? '', contexts));
    if (dir === undefined) throw new Unclear('its working directory');
    const scope = { dir, variable: contexts.env, recognisers: programs, plainBranches, wholeCommits };
    const { found } = runScript(pipeline.script(step.run, contexts), scope);
    const at = (one: number): number => (step.runLine === undefined ? line : step.runLine + one);
    return { found: pipeline.concerning(found).map((one) => ({ fact: one.fact, line: at(one.line) })), given: {} };
  };

  const steps = job.steps.map((step): ReadStep => {
    try {
      const { found, given } = readStep(step, contextsFor(step.env));
      for (const { fact } of found)
        if (fact.is === 'env' || fact.is === 'output') keep(step, fact.is, fact.name, fact.value);
      for (const [name, value] of Object.entries(given)) keep({ ...step, condition: undefined }, 'output', name, value);
      facts.push(...found);
      return { step, found };
    } catch (error) {
      if (!(error instanceof Unclear)) throw error;
      // Whatever it may have written is known no more.
      if (/GITHUB_ENV/.test(step.text)) murky.push(step);
      const line = error.line === undefined || step.runLine === undefined ? step.line : step.runLine + error.line;
      return { step, found: [], unclear: { why: error.why, line, delivers: delivers.test(step.text) } };
    }
  });
  const last = contextsFor({});
  const jobOutputs = Object.entries(job.outputs).map(([name, text]) => [name, pipeline.evaluate(text, last)] as const);
  return { job, steps, outputs: Object.fromEntries(jobOutputs), givers };
}

/** The registry of the account and region that the role is of. */
function ecrHost(facts: readonly Found[]): RunText | undefined {
  const aws = facts.findLast(({ fact }) => fact.is === 'aws')?.fact;
  if (aws?.is !== 'aws' || aws.role === undefined || aws.region === undefined) return undefined;
  const account = accountOf(aws.role);
  return account === undefined ? undefined : `${account}.dkr.ecr.${aws.region}.${partitionOf(aws.region).domain}`;
}
