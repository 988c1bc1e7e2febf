import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { outputsOf, writeOutputs } from '../../../src/entry/action/outputs.ts';
import type { Verdict } from '../../../src/plan/deploy.ts';
import type { CommitOutcome } from '../../../src/plan/outcome.ts';

const at = { delivery: 'production', repo: 'https://github.com/acme/config', branch: 'main' };
const landed: CommitOutcome = {
  ...at,
  is: 'landed',
  commit: 'b'.repeat(40),
  parent: 'a'.repeat(40),
  changes: [],
  diff: '',
  attempts: 1,
};
const unchanged: CommitOutcome = { ...at, is: 'unchanged', tip: 'a'.repeat(40) };

/** Reads the file as the runner does: `name<<delimiter`, lines, the delimiter. */
function parsed(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n');
  const outputs: Record<string, string> = {};
  while (lines.length > 1) {
    const [name = '', end] = (lines.shift() ?? '').split('<<');
    const value = lines.splice(0, lines.indexOf(end ?? ''));
    lines.shift();
    outputs[name] = value.join('\n');
  }
  return outputs;
}

describe('the action’s outputs', () => {
  it('of several config commits name the one that landed', () => {
    const outputs = outputsOf({ value: { images: [], commits: [unchanged, landed], tag: '3f2c1d0' } }, 0);
    expect(outputs).toMatchObject({ outcome: 'landed', changed: 'true', commit: 'b'.repeat(40), tag: '3f2c1d0' });
    expect(JSON.parse(outputs.commits)).toHaveLength(2);
  });

  it('of a run that was superseded or held say by what and why', () => {
    const held: CommitOutcome = { ...at, is: 'held', by: 'Ada', why: 'orders are lost', until: '2026-02-01T00:00:00Z' };
    const superseded: CommitOutcome = { ...at, is: 'superseded', by: 'c'.repeat(40), why: 'it is newer' };
    const outputs = outputsOf({ value: { commits: [unchanged, superseded, held] } }, 0);
    expect(outputs).toMatchObject({ outcome: 'held', changed: 'false', commit: '' });
    expect(JSON.parse(outputs.commits)).toMatchObject([
      { is: 'unchanged' },
      { is: 'superseded', by: 'c'.repeat(40), why: 'it is newer' },
      { is: 'held', by: 'Ada', why: 'orders are lost', until: '2026-02-01T00:00:00Z' },
    ]);
    expect(outputsOf({ value: { commits: [unchanged, superseded] } }, 0).outcome).toBe('superseded');
    expect(outputsOf({ value: { commits: [held, landed] } }, 0).outcome).toBe('landed');
  });

  it('of a failed run say so, and still name what landed before', () => {
    const outputs = outputsOf({ value: { images: [], commits: [landed] } }, 6);
    expect(outputs).toMatchObject({ outcome: 'failed', changed: 'true', 'exit-code': '6' });
  });

  it('of several applications name the worst verdict', () => {
    const about = { delivery: 'main', application: 'front', commit: 'c', revision: 'c', why: '', seconds: 1 };
    const healthy: Verdict = { ...about, is: 'healthy' };
    const later: Verdict = { ...about, is: 'superseded', by: 'd', judged: 'degraded', reasons: [] };
    expect(outputsOf({ value: { verdicts: [healthy] } }, 0).verdict).toBe('healthy');
    const outputs = outputsOf({ value: { verdicts: [healthy, later] } }, 7);
    expect(outputs.verdict).toBe('degraded');
    expect(JSON.parse(outputs.verdicts)).toMatchObject([{ is: 'healthy' }, { is: 'superseded', health: 'degraded' }]);
  });

  it('of commands that list or check are what they list, and nothing was built', () => {
    const branch = { repo: at.repo, branch: at.branch };
    const listed = outputsOf({ value: { branches: [{ ...branch, holds: [] }] } }, 0);
    expect([listed.outcome, JSON.parse(listed.holds)]).toEqual(['unchanged', [{ ...branch, holds: [] }]]);
    const waiting = outputsOf({ value: { queues: [{ ...branch, waiting: [] }] } }, 0);
    expect([waiting.outcome, JSON.parse(waiting.queue)]).toEqual(['unchanged', [{ ...branch, waiting: [] }]]);
    const candidates = [{ delivery: 'production', after: 'staging', due: false, notYet: [{ is: 'nothing' }] }];
    const due = outputsOf({ value: { commits: [], images: [], candidates } }, 0);
    expect([due.outcome, JSON.parse(due.candidates)]).toEqual(['unchanged', candidates]);
    expect(outputsOf({ value: { commits: [landed], images: [], candidates } }, 0).outcome).toBe('landed');
    expect(outputsOf({ value: { pairs: [], deliveries: [] } }, 0).outcome).toBe('unchanged');
  });

  it('of a run without an ending are there and empty', () => {
    expect(outputsOf({ value: null }, 1)).toEqual({
      outcome: 'failed',
      changed: 'false',
      commit: '',
      tag: '',
      images: '[]',
      commits: '[]',
      verdict: '',
      verdicts: '[]',
      candidates: '[]',
      holds: '[]',
      queue: '[]',
      'rolled-back': 'false',
      'exit-code': '1',
    });
  });

  it('cannot be forged by a value that holds a delimiter or another output', () => {
    const dir = mkdtempSync(join(tmpdir(), 'tagboat-outputs-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const file = join(dir, 'output');
    writeOutputs(file, { a: 'x\ntagboat-1\nb<<E\nforged\nE', c: '' });
    writeOutputs(file, { d: 'later' });
    expect(parsed(file)).toEqual({ a: 'x\ntagboat-1\nb<<E\nforged\nE', c: '', d: 'later' });
  });
});
