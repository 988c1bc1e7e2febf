/** What a value in a file is to those who read it. */
export type ValueType = 'text' | 'number' | 'boolean';

/** Whether the text is a number or boolean as every reader writes it, without exponent, octal or zeros at its end. */
export function isSpeltAs(type: ValueType, text: string): boolean {
  if (type === 'text') return true;
  if (type === 'boolean') return text === 'true' || text === 'false';
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) && String(Number(text)) === text;
}
