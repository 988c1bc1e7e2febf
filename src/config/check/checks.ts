import { TagboatError } from '../../errors.ts';
import { type ConfigPath, type ConfigText, describePath } from '../read/read.ts';
import { whyNoTag } from '../shape/grammar.ts';
import { type Allowed, ofSource, parseTemplate, whyNoTemplate } from '../shape/template.ts';

/** Checks of single values that end in an error at the value's place. */
export interface Checks extends Pick<ConfigText, 'typeOf'> {
  readonly file: string;
  /** Throws CONFIG_VALUE_INVALID, "… must be `why`", unless there is no why. */
  mustBe(path: ConfigPath, why: string | undefined, part?: 'key' | 'value'): void;
  /** Throws CONFIG_VALUE_INVALID with a whole half-sentence. */
  refuse(path: ConfigPath, why: string, part?: 'key' | 'value'): never;
  missing(path: ConfigPath, why: string): never;
  template(path: ConfigPath, text: string, allowed: Allowed): void;
  tagTemplate(path: ConfigPath, text: string): void;
  /** Gives an error from elsewhere its place in the file. */
  placed<T>(path: ConfigPath, part: 'key' | 'value', call: () => T): T;
}

export function createChecks(config: ConfigText): Checks {
  const { file } = config;
  const refuse = (path: ConfigPath, why: string, part: 'key' | 'value' = 'value'): never => {
    throw new TagboatError(
      'CONFIG_VALUE_INVALID',
      { file, key: describePath(path), why },
      { place: config.placeOf(path, part) },
    );
  };
  const template = (path: ConfigPath, text: string, allowed: Allowed): void => {
    const why = whyNoTemplate(text, allowed);
    if (why !== undefined) refuse(path, `can't be filled in: ${why}`);
  };
  return {
    file,
    typeOf: config.typeOf,
    refuse,
    mustBe: (path, why, part = 'value') => {
      if (why !== undefined) refuse(path, `must be ${why}`, part);
    },
    missing: (path, why) => {
      throw new TagboatError(
        'CONFIG_KEY_MISSING',
        { file, key: describePath(path), why },
        { place: config.placeOf(path.slice(0, -1), 'key') },
      );
    },
    template,
    tagTemplate: (path, text) => {
      template(path, text, { alone: ofSource, ofImage: [], images: [] });
      // Every variable is legal inside a tag, so what stands around them decides; the length is known only at run time.
      const example = parseTemplate(text)
        .map((piece) => (typeof piece === 'string' ? piece : 'x'))
        .join('');
      const why = whyNoTag(example);
      if (why !== undefined) refuse(path, `must be ${why}`);
    },
    placed: (path, part, call) => {
      try {
        return call();
      } catch (error) {
        if (!(error instanceof TagboatError)) throw error;
        throw new TagboatError(error.code, error.data, { place: config.placeOf(path, part), cause: error });
      }
    },
  };
}
