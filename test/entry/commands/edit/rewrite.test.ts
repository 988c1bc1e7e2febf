import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rewriteFile } from '../../../../src/entry/commands/edit/rewrite.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-rewrite-'));
  onTestFinished(() => {
    chmodSync(dir, 0o700);
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

const bytes = new TextEncoder().encode('new\n');
const isRoot = process.getuid?.() === 0;

describe('rewriting a file', () => {
  it('replaces its content, keeps its mode and leaves nothing else behind', async () => {
    const dir = folder();
    const file = join(dir, 'values.yaml');
    writeFileSync(file, 'old\n');
    chmodSync(file, 0o666);
    await rewriteFile(file, bytes);
    expect(readFileSync(file, 'utf8')).toBe('new\n');
    expect(statSync(file).mode & 0o7777).toBe(0o666);
    expect(readdirSync(dir)).toEqual(['values.yaml']);
  });

  it('replaces what a symbolic link points to, and keeps the link', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'real.yaml'), 'old\n');
    symlinkSync('real.yaml', join(dir, 'link.yaml'));
    await rewriteFile(join(dir, 'link.yaml'), bytes);
    expect(lstatSync(join(dir, 'link.yaml')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(dir, 'real.yaml'), 'utf8')).toBe('new\n');
  });

  it.skipIf(!isRoot)('keeps the owner (needs root to give a file away)', async () => {
    const file = join(folder(), 'values.yaml');
    writeFileSync(file, 'old\n');
    chownSync(file, 65_534, 65_534);
    await rewriteFile(file, bytes);
    expect(statSync(file).uid).toBe(65_534);
  });

  it('fails on a file that is not there, and makes none', async () => {
    const dir = folder();
    await expect(rewriteFile(join(dir, 'none.yaml'), bytes)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync(dir)).toEqual([]);
  });

  it.skipIf(isRoot)('leaves the old file when the folder can’t be written (root writes everywhere)', async () => {
    const dir = folder();
    const file = join(dir, 'values.yaml');
    writeFileSync(file, 'old\n');
    chmodSync(dir, 0o500);
    await expect(rewriteFile(file, bytes)).rejects.toMatchObject({ code: 'EACCES' });
    expect(readFileSync(file, 'utf8')).toBe('old\n');
  });
});
