import { expect, it } from 'vitest';
import { explore } from './explore.ts';
import { calm, queueModel, type Setting } from './queue-model.ts';

const four: Setting = { ...calm, writers: [0, 1, 2, 3] };

it.each<[string, Partial<Setting>]>([
  ['four writers, nothing goes wrong', {}],
  ['one of four writers is killed', { kills: 1 }],
  ['one of four writers is killed and another told to stop', { kills: 1, interrupts: 1 }],
])(
  '%s: nothing is lost, nothing lands twice, nothing older goes over newer, nobody is stuck',
  (_, setting) => {
    const { fault, endings } = explore(queueModel({ ...four, ...setting }));
    expect(fault).toBeUndefined();
    expect(endings).toBeGreaterThan(0);
  },
  300_000,
);
