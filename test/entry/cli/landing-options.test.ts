import { expect, it } from 'vitest';
import { landingSo } from '../../../src/entry/run/options.ts';
import type { RunPlan } from '../../../src/plan.ts';
import { deliveryTo } from '../../commit/landing.ts';

const config = { ...deliveryTo('https://git.example/config'), order: 'guard', queue: true } as const;
const plan: RunPlan = { source: undefined, aws: undefined, images: [], deliveries: [config] };

it.each([
  [{}, { order: 'guard', queue: true }],
  [
    { force: false, queue: true },
    { order: 'guard', queue: true },
  ],
  [{ force: true }, { order: 'off', queue: true }],
  [{ queue: false }, { order: 'guard', queue: false }],
])('%j on the command line makes a delivery land with %j', (options, expected) => {
  expect(landingSo(plan, options).deliveries).toMatchObject([expected]);
  const off = { ...plan, deliveries: [{ ...config, order: 'off', queue: false } as const] };
  expect(landingSo(off, options).deliveries).toMatchObject([{ order: 'off', queue: false }]);
});
