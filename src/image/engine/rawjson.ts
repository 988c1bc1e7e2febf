import { StringDecoder } from 'node:string_decoder';
import { ending } from '../../wire/text/shorten.ts';

/** How far a build is: BuildKit learns of steps as it goes, so that `total` may grow. */
export interface BuildProgress {
  readonly done: number;
  readonly total: number;
  /** What is being done, as BuildKit names it: `[stage-1 2/5] RUN npm ci`. */
  readonly step: string;
}

export interface ProgressReader {
  /** Takes one line of a builder's output. */
  readonly line: (line: string) => void;
  /** Steps that failed, the build's end notwithstanding. */
  readonly failed: () => readonly { readonly name: string; readonly error: string }[];
}

interface Step {
  readonly number: number;
  readonly name: string;
  state: 'known' | 'started' | 'ended';
  /** How it ended was told. */
  told: boolean;
  error: string;
  readonly decoder: StringDecoder;
  /** A log line that isn't ended yet. */
  rest: string;
}

// More than any Dockerfile has; beyond it nothing is told of a step, and nothing kept.
const mostSteps = 5_000;
const longestRest = 16 * 1024;
// A line of JSON that can't be read is a cut one when it is this long, and nobody wants to see it.
const longestText = 4_096;

/**
 * Reads `--progress=rawjson`: one `SolveStatus` of BuildKit's a line (vertexes, statuses, logs, warnings). Hands on what
 * the plain format would print, and how far the build is. Whatever isn't such a line is handed on as it is.
 */
export function readRawJson(tell: {
  readonly line: (line: string) => void;
  readonly progress: (progress: BuildProgress) => void;
}): ProgressReader {
  const steps = new Map<string, Step>();
  let shown = '';

  const stepOf = (digest: string, name: string): Step | undefined => {
    const found = steps.get(digest);
    if (found !== undefined || steps.size >= mostSteps) return found;
    const decoder = new StringDecoder('utf8');
    const step: Step = { number: steps.size + 1, name, state: 'known', told: false, error: '', decoder, rest: '' };
    steps.set(digest, step);
    return step;
  };

  const vertex = (value: Record<string, unknown>): void => {
    const step = stepOf(text(value.digest), text(value.name));
    const started = text(value.started);
    if (step === undefined || started === '') return;
    if (step.state === 'known') tell.line(`#${step.number} ${step.name}`);
    const completed = text(value.completed);
    const error = text(value.error);
    // One step is begun and completed several times where others wait for it.
    step.state = completed === '' ? 'started' : 'ended';
    if (completed === '' || (step.told && error === '')) return;
    step.error = error;
    const seconds = (Date.parse(completed) - Date.parse(started)) / 1_000;
    end(step, error !== '' ? `ERROR: ${error}` : value.cached === true ? 'CACHED' : `DONE ${seconds.toFixed(1)}s`);
  };

  const end = (step: Step, how: string): void => {
    if (step.rest !== '') tell.line(`#${step.number} ${step.rest}`);
    step.rest = '';
    step.told = true;
    tell.line(`#${step.number} ${how}`);
  };

  const log = (value: Record<string, unknown>): void => {
    const step = steps.get(text(value.vertex));
    if (step === undefined) return;
    const lines = (step.rest + step.decoder.write(Buffer.from(text(value.data), 'base64'))).split(/\r*\n|\r/);
    step.rest = ending(lines.pop() ?? '', longestRest);
    for (const line of lines) tell.line(`#${step.number} ${line}`);
  };

  const warning = (value: Record<string, unknown>): void => {
    const short = Buffer.from(text(value.short), 'base64').toString('utf8');
    if (short !== '') tell.line(`WARNING: ${short}`);
  };

  const progress = (): void => {
    const all = [...steps.values()];
    const going = all.filter(({ state }) => state === 'started').at(-1);
    if (going === undefined) return;
    const done = all.filter(({ state }) => state === 'ended').length;
    const now = `${done} ${all.length} ${going.number}`;
    if (now === shown) return;
    shown = now;
    tell.progress({ done, total: all.length, step: going.name });
  };

  return {
    line: (line) => {
      const status = statusIn(line);
      if (status === undefined) {
        const isCut = line.length > longestText && (line.startsWith('{') || line.endsWith('}'));
        if (!isCut) tell.line(line);
        return;
      }
      records(status.vertexes).forEach(vertex);
      records(status.logs).forEach(log);
      records(status.warnings).forEach(warning);
      progress();
    },
    failed: () => [...steps.values()].filter(({ error }) => error !== ''),
  };
}

function statusIn(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const [status] = records([JSON.parse(line)]);
    return ['vertexes', 'statuses', 'logs', 'warnings'].some((key) => key in (status ?? {})) ? status : undefined;
  } catch {
    return undefined;
  }
}

function records(value: unknown): Record<string, unknown>[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
