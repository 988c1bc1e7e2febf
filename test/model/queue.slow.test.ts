import { expect, it } from 'vitest';
import { explore } from './explore.ts';
import { calm, queueModel, type Setting } from './queue-model.ts';

const four: Setting = { ...calm, writers: [0, 1, 2, 3] };

it.each<[string, Partial<Setting>]>([
  ['four writers, nothing goes wrong', {}],
  ['one of four writers is killed', { kills: 1 }],
  ['one of four writers in a crowd is killed', { crowded: true, kills: 1 }],
  ['three writers in a crowd, and a request arrives late', { writers: [0, 1, 2], crowded: true, lateRequests: 1 }],
  [
    'three writers in a crowd, an intent expires and a writer is killed',
    { writers: [0, 1, 2], crowded: true, expiries: 1, kills: 1 },
  ],
  ['one of four writers is killed and another told to stop', { kills: 1, interrupts: 1 }],
  ['somebody holds a value and one of three writers is killed', { writers: [0, 1, 2], holds: 1, kills: 1 }],
  ['a request of one of three writers arrives late', { writers: [0, 1, 2], lateRequests: 1 }],
])(
  '%s: nothing is lost, nothing lands twice, nothing older goes over newer, nobody is stuck',
  (_, setting) => {
    const { fault, endings } = explore(queueModel({ ...four, ...setting }));
    expect(fault).toBeUndefined();
    expect(endings).toBeGreaterThan(0);
  },
  300_000,
);
