import { TagboatError } from '../../errors.ts';
import { type ConfigPath, describePath } from '../read/config-path.ts';
import type { ConfigText } from '../read/read.ts';
import { whyNoTag } from '../shape/grammar.ts';
import { type Allowed, ofSource, parseTemplate, whyNoTemplate } from '../shape/template.ts';

/** Checks of single values. Each mistake is kept as an error at the value's place, and checking goes on. */
export interface Checks extends Pick<ConfigText, 'typeOf' | 'serviceAt'> {
  readonly file: string;
  /** CONFIG_VALUE_INVALID, "… must be `why`", unless there is no why. */
  mustBe(path: ConfigPath, why: string | undefined, part?: 'key' | 'value'): void;
  /** CONFIG_VALUE_INVALID with a whole half-sentence. */
  refuse(path: ConfigPath, why: string, part?: 'key' | 'value'): void;
  /** CONFIG_KEY_MISSING. */
  missing(path: ConfigPath, why: string): void;
  template(path: ConfigPath, text: string, allowed: Allowed): void;
  tagTemplate(path: ConfigPath, text: string): void;
  /** Gives an error from elsewhere its place in the file. */
  placed(path: ConfigPath, part: 'key' | 'value', call: () => unknown): void;
  /** What was found so far, in the order of finding. */
  readonly mistakes: readonly TagboatError[];
}

export function createChecks(config: ConfigText): Checks {
  const { file } = config;
  const mistakes: TagboatError[] = [];
  /** A text with a variable whose value isn't known here may be anything. */
  const tell = (path: ConfigPath, error: TagboatError): void => {
    if (!config.isUnknown(path)) mistakes.push(error);
  };
  const nameOf = (path: ConfigPath): string => describePath(path.length > 2 ? config.originOf(path) : path);
  const refuse = (path: ConfigPath, why: string, part: 'key' | 'value' = 'value'): void => {
    const place = config.placeOf(path, part);
    tell(path, new TagboatError('CONFIG_VALUE_INVALID', { file, key: nameOf(path), why }, { place }));
  };
  const template = (path: ConfigPath, text: string, allowed: Allowed): void => {
    const why = whyNoTemplate(text, allowed);
    if (why !== undefined) refuse(path, `can't be filled in: ${why}`);
  };
  return {
    file,
    mistakes,
    typeOf: config.typeOf,
    serviceAt: config.serviceAt,
    refuse,
    mustBe: (path, why, part = 'value') => {
      if (why !== undefined) refuse(path, `must be ${why}`, part);
    },
    missing: (path, why) => {
      const place = config.placeOf(path.slice(0, -1), 'key');
      tell(path, new TagboatError('CONFIG_KEY_MISSING', { file, key: nameOf(path), why }, { place }));
    },
    template,
    tagTemplate: (path, text) => {
      const before = mistakes.length;
      template(path, text, { alone: [...ofSource, 'content'], ofImage: [], images: [] });
      if (mistakes.length > before) return;
      // Every variable is legal inside a tag, so what stands around them decides; the length is known only at run time.
      const example = parseTemplate(text)
        .map((piece) => (typeof piece === 'string' ? piece : 'x'))
        .join('');
      const why = whyNoTag(example);
      if (why !== undefined) refuse(path, `must be ${why}`);
    },
    placed: (path, part, call) => {
      try {
        call();
      } catch (error) {
        if (!(error instanceof TagboatError)) throw error;
        tell(path, new TagboatError(error.code, error.data, { place: config.placeOf(path, part), cause: error }));
      }
    },
  };
}
