import { inspect } from 'node:util';

/** A value that never prints: templates, JSON and inspection all show its label instead. */
export class Secret {
  readonly #value: string;
  readonly label: string;

  constructor(value: string, label: string) {
    this.#value = value;
    this.label = label;
  }

  /** The value itself, for a header or a child's private file. Call it where it is sent, nowhere earlier. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return `[${this.label}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
