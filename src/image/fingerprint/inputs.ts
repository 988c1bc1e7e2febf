import { hash } from 'node:crypto';

/** What an input is. The names are those that `--explain` shows. */
export type InputKind = 'base image' | 'instruction' | 'argument' | 'file' | 'setting';

/** One thing that goes into a fingerprint, under the name that people know it by. */
export interface Input {
  readonly kind: InputKind;
  readonly name: string;
  /** What it is now. Only a hash of it is ever kept: an argument may be nobody's business. */
  readonly value: string;
}

/** Collects inputs. What comes twice under one name counts once when it is the same, and together when it isn't. */
export function createInputs() {
  const byKey = new Map<string, Input>();
  return {
    add: (kind: InputKind, name: string, value: string): void => {
      const key = `${kind} ${name}`;
      const before = byKey.get(key);
      if (before?.value === value) return;
      byKey.set(key, { kind, name, value: before === undefined ? value : `${before.value}\n${value}` });
    },
    all: (): readonly Input[] => [...byKey.values()],
  };
}

export type Inputs = ReturnType<typeof createInputs>;

/** Hex. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}
