import { readTrigger } from '../dockerfile/dockerfile.ts';
import type { Instruction, Said } from '../dockerfile/instruction.ts';
import { placed } from '../dockerfile/invalid.ts';
import type { NeededStage } from '../dockerfile/stages.ts';
import { sha256 } from './inputs.ts';
import { baseCode, originCode, variablesOf } from './origin.ts';
import { encodeRun } from './run.ts';
import { encoded, known, ofTheBase, type Scope, type Value, valueOf } from './scope.ts';
import { addArgument, type Code, NeedsBase, type StageWork, type Standing } from './standing.ts';
import { encodeTransfer } from './transfer.ts';
import { Undecided } from './undecided.ts';

/** What of a stage counts: `image` is the target and its bases, config and history too; `files` is only copied from. */
type Mode = 'image' | 'files';

/** A stage as the stages on it begin. */
interface Stage {
  readonly digest: string;
  readonly variables: ReadonlyMap<string, Value>;
  readonly outside: Scope['outside'];
  readonly user: Value;
  readonly shell: string;
  readonly triggers: readonly string[];
}

/** The target's digest for one platform. Throws NeedsBase, Undecided, DOCKERFILE_INVALID. */
export async function stageDigests(work: StageWork): Promise<string> {
  const target = work.needed.stages.at(-1);
  if (target === undefined) throw new Undecided('there is no stage to build');
  const byKey = new Map<string, Promise<Stage>>();
  const stageOf = (index: number, mode: Mode): Promise<Stage> => {
    const key = `${index} ${mode}`;
    const before = byKey.get(key);
    if (before !== undefined) return before;
    const stage = work.needed.stages.find((one) => one.stage.index === index);
    if (stage === undefined) throw new Undecided(`stage ${index} is not among those needed`);
    const found = evaluate(stage, mode, work, stageOf);
    byKey.set(key, found);
    return found;
  };
  return (await stageOf(target.stage.index, 'image')).digest;
}

async function evaluate(
  stage: NeededStage,
  mode: Mode,
  work: StageWork,
  stageOf: (index: number, mode: Mode) => Promise<Stage>,
): Promise<Stage> {
  const { dockerfile, args } = work.question;
  const { escape } = dockerfile.directives;
  const { code, start } = await begin(stage, mode, work, stageOf);
  const variables = new Map(start.variables);
  const scope: Scope = {
    variables,
    outside: start.outside,
    used: (name) => {
      if (Object.hasOwn(args, name)) addArgument(name, work);
    },
  };
  const value = (text: string) => valueOf(text, scope, { escape });
  const standing: Standing = {
    work,
    stage,
    variables,
    scope,
    user: start.user,
    shell: start.shell,
    value,
    text: (text) => {
      const found = value(text);
      if (found.known) return found.text;
      throw new NeedsBase();
    },
    place: (instruction) => `line ${instruction.at.line}`,
    origin: async (origin) => {
      if (origin.is === 'scratch') return ['scratch'];
      if (origin.is === 'stage') return ['stage', (await stageOf(origin.index, 'files')).digest];
      return originCode(origin, undefined, work);
    },
  };
  const codes: Code[] = [code];
  const triggers = start.triggers.map((trigger) => readTrigger(trigger, stage.stage, dockerfile));
  if (triggers.some((one) => one.is === 'copy' && one.from !== undefined)) {
    throw new Undecided('an ONBUILD trigger copies from another image or stage');
  }
  for (const instruction of [...triggers, ...stage.stage.instructions]) {
    const place = () => dockerfile.place(instruction.at);
    const found = await encode(instruction, mode, standing).catch((error: unknown) => placed(place, rethrown(error)));
    if (found === undefined) continue;
    codes.push(found);
    work.inputs.add('instruction', nameOf(instruction, stage, work), JSON.stringify(withoutFiles(found)));
  }
  const onbuild = stage.stage.instructions.flatMap((one) => (one.is === 'onbuild' ? [one.trigger] : []));
  return {
    digest: sha256(JSON.stringify(codes)),
    variables,
    outside: start.outside,
    user: standing.user,
    shell: standing.shell,
    triggers: onbuild,
  };
}

function rethrown(error: unknown): () => never {
  return () => {
    throw error;
  };
}

/** What a stage begins with. */
async function begin(
  stage: NeededStage,
  mode: Mode,
  work: StageWork,
  stageOf: (index: number, mode: Mode) => Promise<Stage>,
): Promise<{ code: Code; start: Omit<Stage, 'digest'> }> {
  const { base, platform } = stage;
  if (base.is === 'stage') {
    const { digest, ...start } = await stageOf(base.index, mode);
    return { code: ['from stage', digest], start };
  }
  const nothing = { variables: new Map(), user: known(''), shell: '', triggers: [] };
  if (base.is === 'scratch') return { code: ['scratch'], start: { ...nothing, outside: () => undefined } };
  const code = await baseCode(base, platform, work);
  if (!work.withBase) return { code, start: { ...nothing, outside: () => ofTheBase } };
  const own = await variablesOf(stage, work);
  const outside = (name: string) => {
    const value = own.get(name);
    return value === undefined ? undefined : known(value);
  };
  return { code, start: { ...nothing, outside } };
}

/** An instruction as it counts, or undefined when it doesn't. Variables it sets are set. */
async function encode(instruction: Instruction, mode: Mode, standing: Standing): Promise<Code | undefined> {
  const { value, variables } = standing;
  const inImage = (...code: Code[]): Code | undefined => (mode === 'image' ? [instruction.is, ...code] : undefined);
  switch (instruction.is) {
    case 'env': {
      const found = instruction.pairs.map((pair) => [value(pair.name), value(pair.value)] as const);
      for (const [name, text] of found) {
        if (!name.known) throw new NeedsBase();
        variables.set(name.text, text);
      }
      return inImage(...found.map((pair) => pair.map(encoded)));
    }
    case 'arg':
      return inImage(...instruction.args.map((argument) => takeArgument(argument, mode, standing)));
    case 'copy':
    case 'add':
      return encodeTransfer(instruction, standing);
    case 'run':
      return encodeRun(instruction, standing);
    case 'workdir':
      // It makes a folder that is its user's.
      return ['workdir', encoded(value(instruction.path)), encoded(standing.user)];
    case 'user':
      standing.user = value(instruction.user);
      return inImage(encoded(standing.user));
    case 'shell':
      standing.shell = JSON.stringify(instruction.shell);
      return inImage(instruction.shell);
    case 'volume':
      // BuildKit takes it for a word about the container; others drop what a later RUN writes there.
      return ['volume', ...instruction.paths.map((path) => encoded(value(path)))];
    default:
      // All else only says how the image is started: of a stage that others copy from, nobody sees that.
      return mode === 'image' ? [instruction.is, ...startingCode(instruction, value)] : undefined;
  }
}

function startingCode(instruction: Instruction, value: Standing['value']): Code[] {
  switch (instruction.is) {
    case 'label':
      return instruction.pairs.map((pair) => [encoded(value(pair.name)), encoded(value(pair.value))]);
    case 'cmd':
    case 'entrypoint':
      return [instruction.form, instruction.words];
    case 'expose':
      return instruction.ports.map((port) => encoded(value(port)));
    case 'stopsignal':
      return [encoded(value(instruction.signal))];
    case 'healthcheck':
      return [JSON.stringify(instruction.check)];
    case 'maintainer':
      return [instruction.author];
    case 'onbuild':
      return [instruction.trigger];
    default:
      throw new TypeError(`${instruction.is} is no instruction of this kind`);
  }
}

/** Given by `args:`, else its default, else what the global scope has. */
function takeArgument({ name, value: written }: Said<'arg'>['args'][number], mode: Mode, standing: Standing): Code {
  const { args } = standing.work.question;
  const given = Object.hasOwn(args, name) ? args[name] : undefined;
  const inherited = standing.work.needed.globals.get(name);
  const value =
    given !== undefined
      ? known(given)
      : written !== undefined
        ? standing.value(written)
        : inherited === undefined
          ? undefined
          : known(inherited);
  if (value !== undefined) standing.variables.set(name, value);
  // An image's history tells the arguments that its stages declare, with their values.
  if (mode === 'image' && given !== undefined) addArgument(name, standing.work);
  // Docker 20.10 tells the default there, also when it is overruled.
  return [name, value === undefined ? [] : [encoded(value)], written === undefined ? [] : [written]];
}

/** How `--explain` calls an instruction. What ENV and ARG set may be a secret, however wrong that is. */
function nameOf(instruction: Instruction, { stage }: NeededStage, { question }: StageWork): string {
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).join(' ');
  const text =
    instruction.is === 'env'
      ? `ENV ${names(instruction.pairs)}`
      : instruction.is === 'arg'
        ? `ARG ${names(instruction.args)}`
        : instruction.source.replaceAll(/\s+/g, ' ');
  const short = text.length > 100 ? `${text.slice(0, 99)}…` : text;
  return question.dockerfile.stages.length === 1 ? short : `${stage.name ?? `stage ${stage.index}`}: ${short}`;
}

/** Files and origins are inputs of their own: an instruction is another one only when its own words are. */
function withoutFiles(code: Code): Code {
  if (typeof code === 'string') return code;
  if (['files', 'stage', 'image'].includes(String(code[0]))) return [String(code[0])];
  return code.map(withoutFiles);
}
