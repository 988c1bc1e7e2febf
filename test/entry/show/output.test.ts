import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { guardedOutput } from '../../../src/entry/show/output.ts';

/** A stream that takes one write and then fails. */
function failing(code: string): Writable {
  let writes = 0;
  return new Writable({
    write(_chunk, _encoding, done) {
      writes += 1;
      done(writes === 1 ? null : Object.assign(new Error(code), { code }));
    },
  });
}

describe('a standard stream', () => {
  it('whose reader went away is written to no more, and nothing is lost', async () => {
    const output = guardedOutput(failing('EPIPE'));
    output.write('one');
    output.write('two');
    await output.flush();
    output.write('three');
    await output.flush();
    expect(output.lost()).toBeUndefined();
  });

  it('that could not be written for another reason says so', async () => {
    const output = guardedOutput(failing('ENOSPC'));
    output.write('one');
    output.write('two');
    await output.flush();
    await new Promise((resolve) => setImmediate(resolve));
    expect(output.lost()).toMatchObject({ code: 'ENOSPC' });
  });
});
