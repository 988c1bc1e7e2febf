import { createHash } from 'node:crypto';

/** What an input is. The names are those that `--explain` shows. */
export type InputKind = 'base image' | 'instruction' | 'argument' | 'file' | 'setting';

/** One thing that goes into a fingerprint, under the name that people know it by. */
export interface Input {
  readonly kind: InputKind;
  readonly name: string;
  /** Hex. Of an argument's value too, which may be nobody's business. */
  readonly digest: string;
}

/** Collects inputs. What comes twice under one name counts once when it is the same, and together when it isn't. */
export function createInputs() {
  const byKey = new Map<string, Input>();
  return {
    add: (kind: InputKind, name: string, digest: string): void => {
      const key = `${kind} ${name}`;
      const before = byKey.get(key);
      if (before?.digest === digest) return;
      byKey.set(key, { kind, name, digest: before === undefined ? digest : sha256(`${before.digest}\n${digest}`) });
    },
    all: (): readonly Input[] => [...byKey.values()],
  };
}

export type Inputs = ReturnType<typeof createInputs>;

/** Hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
