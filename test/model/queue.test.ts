import { expect, it } from 'vitest';
import { explore } from './explore.ts';
import { calm, queueModel, type Rules, realRules, type Setting } from './queue-model.ts';

it.each<[string, Partial<Setting>]>([
  ['three writers, nothing goes wrong', {}],
  ['three writers in a crowd', { crowded: true }],
  ['two of three writers in a crowd are killed at any moment', { crowded: true, kills: 2 }],
  ['a reply is lost in a crowd', { crowded: true, lostReplies: 1 }],
  ['three writers without atomic pushes', { atomic: false }],
  ['two of three writers are killed at any moment', { kills: 2 }],
  ['two of three writers are killed, without atomic pushes', { kills: 2, atomic: false }],
  ['a reply is lost', { lostReplies: 1 }],
  ['replies are lost, without atomic pushes', { lostReplies: 2, atomic: false }],
  ['a writer is killed and a reply is lost', { kills: 1, lostReplies: 1 }],
  ['an intent expires and a writer is killed', { expiries: 1, kills: 1 }],
  ['a writer is told to stop and another is killed', { interrupts: 1, kills: 1 }],
  ['one of three writers commits by an API, past the queue', { api: [0] }],
  ['the newer of two values is committed by an API, and two writers are killed', { api: [1], kills: 2 }],
  ['a writer by an API and one that waits are killed in a crowd', { api: [2], crowded: true, kills: 2 }],
  ['a reply of an API or of a push is lost', { api: [0], lostReplies: 1 }],
  ['an intent expires and a writer is killed beside one by an API', { api: [1], expiries: 1, kills: 1 }],
  // With three writers these two take their time: they are in queue.slow.test.ts.
  ['somebody holds a value and one of two writers is killed', { writers: [0, 1], holds: 1, kills: 1 }],
  ['somebody holds a value, without atomic pushes', { holds: 1, atomic: false }],
  ['a request of one of two writers arrives late', { writers: [0, 1], lateRequests: 1 }],
  ['requests arrive late and replies are lost, without atomic', { lateRequests: 1, lostReplies: 1, atomic: false }],
])('%s: nothing is lost, nothing lands twice, nothing older goes over newer, nobody is stuck', (_, setting) => {
  const { fault, endings } = explore(queueModel({ ...calm, ...setting }));
  expect(fault).toBeUndefined();
  expect(endings).toBeGreaterThan(0);
});

it.each<[string, Partial<Rules>, Partial<Setting>]>([
  [
    'an intent is landed though its value has moved on',
    { intentFate: (...args) => (realRules.intentFate(...args) === 'moved' ? 'land' : realRules.intentFate(...args)) },
    { writers: [0, 1, 2, 3] },
  ],
  [
    'only the first in the queue ever combines',
    { nextQueueStep: (view, standing, _, queueing) => realRules.nextQueueStep(view, standing, 'patient', queueing) },
    { kills: 1 },
  ],
  [
    'intents that could not land are deleted',
    { leavesQueue: (fate) => fate === 'moved' || realRules.leavesQueue(fate) },
    { kills: 1 },
  ],
  [
    'a value that is there already is committed again',
    { intentFate: (...args) => (realRules.intentFate(...args) === 'settled' ? 'land' : realRules.intentFate(...args)) },
    { lateRequests: 1 },
  ],
  ['the guard is never asked', { isNewer: () => false }, {}],
  ['nobody looks at a hold before a try', { respects: { own: false, others: true } }, { holds: 1 }],
  ['nobody looks at a hold for others', { respects: { own: true, others: false } }, { holds: 1 }],
  [
    'a writer that must decide anew lands nobody else',
    { helps: false },
    // The newer one's intent is published first, and its writer killed: the older one's is moved for ever.
    { kills: 1 },
  ],
])('the model finds the fault when %s', (_, broken, setting) => {
  const { fault } = explore(queueModel({ ...calm, ...setting }, { ...realRules, ...broken }));
  expect(fault).toBeDefined();
});
