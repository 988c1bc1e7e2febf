import { editFile } from '../../../src/commit/edit/edit.ts';
import { type ErrorCode, isError, type TagboatError } from '../../../src/errors.ts';
import type { Change } from '../../../src/plan/outcome.ts';
import type { ValueType } from '../../../src/plan/value.ts';
import type { Allowance } from '../../../src/plan.ts';

export interface Asked {
  readonly file?: string;
  readonly create?: boolean;
  readonly allow?: readonly Allowance[];
  readonly as?: ValueType;
}

/** One edit of a text: the new text and the changes. */
export function edit(text: string, path: string, value: string, asked: Asked = {}) {
  const file = asked.file ?? 'values.yaml';
  const source = new TextEncoder().encode(text);
  const done = editFile(file, source, [
    { file, path, value, as: asked.as, create: asked.create ?? false, allow: asked.allow ?? ['aliases', 'digest'] },
  ]);
  const after = new TextDecoder('utf-8', { ignoreBOM: true }).decode(done.bytes);
  return { text: after, changes: done.changes as readonly Change[] };
}

export function edited(text: string, path: string, value: string, asked: Asked = {}): string {
  return edit(text, path, value, asked).text;
}

/** The error of our own that a call ends with; anything else is thrown on. */
export function errorOf(call: () => unknown): TagboatError {
  try {
    call();
  } catch (error) {
    if (isError(error)) return error;
    throw error;
  }
  throw new Error('no error came');
}

export function codeOf(call: () => unknown): ErrorCode {
  return errorOf(call).code;
}
