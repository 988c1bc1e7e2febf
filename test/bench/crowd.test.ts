import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { crowd } from '../../bench/crowd.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-crowd-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const script = (text: string) => ['/bin/sh', '-c', text];
const member = script('echo ready; read -r go; echo "landed $(date +%s%3N)"');

it('nobody begins before everybody is ready, and each is timed from the word', async () => {
  let begun = 0;
  const members = await crowd([member, member, member], {
    ...{ temp: folder(), limitMs: 60_000 },
    begin: () => {
      begun = Date.now();
    },
  });
  expect(members.map(({ word }) => word)).toEqual(['landed', 'landed', 'landed']);
  expect(begun).toBeGreaterThan(0);
  for (const { seconds } of members) expect(seconds).toBeGreaterThanOrEqual(-0.001);
});

it('whoever is not done at the limit is ended with all that it started, and counts as not landed', async () => {
  const stuck = script('echo ready; read -r go; sleep 600 & wait; echo "landed 1"');
  const [slow, quick] = await crowd([stuck, member], { temp: folder(), limitMs: 1_000, begin: () => undefined });
  expect(slow).toMatchObject({ word: 'nothing', seconds: undefined });
  expect(quick?.word).toBe('landed');
});

it('a member that ends before it is ready fails the whole, with what it said', async () => {
  const broken = script('echo "no such program" >&2; exit 3');
  const whole = crowd([member, broken], { temp: folder(), limitMs: 60_000, begin: () => undefined });
  await expect(whole).rejects.toThrow('no such program');
});
