import { isSpeltAs, type ValueType } from '../../../plan/value.ts';

/** What a plain YAML scalar reads as, by any reader in use. */
export type Kind = 'string' | 'null' | 'bool' | 'int' | 'float' | 'time' | 'special';

/** Whether a number or boolean, written bare, comes out of every reader as this very text: Helm prints 1.10 as 1.1. */
export function isFaithful(plain: string): boolean {
  if (isSpeltAs('boolean', plain)) return true;
  if (!isSpeltAs('number', plain)) return false;
  const size = Math.abs(Number(plain));
  // Outside of these Go prints the numbers that it read from JSON with an exponent.
  return plain === '0' || (size >= 1e-4 && size < 1e6);
}

/** The type that a scalar's text has unquoted. Dates are text with a meaning of their own to few readers. */
export function typeOfKind(kind: Kind): ValueType | 'nothing' {
  if (kind === 'int' || kind === 'float') return 'number';
  if (kind === 'bool') return 'boolean';
  return kind === 'null' ? 'nothing' : 'text';
}

const nulls = new Set(['', '~', 'null', 'Null', 'NULL']);
const bools = /^(?:y|Y|n|N|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|true|True|TRUE|false|False|FALSE)$/;
/** Go takes a second sign after the prefix. */
const ints = [/^[-+]?\d+$/, /^[-+]?0[bB][-+]?[01]+$/, /^[-+]?0[oO][-+]?[0-7]+$/, /^[-+]?0[xX][0-9a-fA-F]+$/];
/** Numbers by YAML 1.1's own patterns, though they have no digit: some readers then fail on them. */
const hollow = /^[-+]?(?:0[bBoOxX]_+|\._+)$/;
const floats = [/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/, /^[-+]?\.(?:inf|Inf|INF)$/, /^\.(?:nan|NaN|NAN)$/];
/** Base 60, as YAML 1.1 has it: `12:30` is 750. */
const sixties = /^[-+]?\d+(?::[0-5]?\d)+(?:\.\d*)?$/;
const times = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt \t].*)?$/;

/**
 * The kind of a plain scalar. Readers differ (YAML 1.2's core schema, YAML 1.1 as PyYAML has it, Go's yaml packages
 * that Helm and Argo CD read with), so what only one of them takes for a number is a number here.
 */
export function kindOf(plain: string): Kind {
  if (nulls.has(plain)) return 'null';
  if (bools.test(plain)) return 'bool';
  // The merge key and YAML 1.1's default key.
  if (plain === '<<' || plain === '=') return 'special';
  // Go drops every underscore before it reads a number.
  const digits = /^[-+.\d]/.test(plain) ? plain.replaceAll('_', '') : plain;
  if (hollow.test(plain)) return 'int';
  if (ints.some((int) => int.test(digits)) || (sixties.test(digits) && !digits.includes('.'))) return 'int';
  if (floats.some((float) => float.test(digits)) || sixties.test(digits)) return 'float';
  return times.test(plain) ? 'time' : 'string';
}
