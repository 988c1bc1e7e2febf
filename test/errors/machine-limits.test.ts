import { expect, it } from 'vitest';
import { machineLimits } from '../../src/errors/entry.ts';
import { reportOf } from '../../src/errors.ts';

it.each(Object.keys(machineLimits))('%s of the machine is no fault in Tagboat, wherever it is met', (code) => {
  const error = Object.assign(new Error(`spawn git ${code}`), { code, syscall: 'spawn git' });
  expect(reportOf(error)).toMatchObject({ code: 'MACHINE_LIMIT', exitCode: 2 });
});
