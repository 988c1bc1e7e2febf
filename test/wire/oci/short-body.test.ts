import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { readShort } from '../../../src/wire/oci/short-body.ts';

const answer = (body: Readable) => ({ status: 200, headers: {}, body, url: 'https://registry.test/v2/' });

it('a body that comes byte by byte without end is given up, though it never falls silent', async () => {
  const body = Readable.from(
    (async function* () {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        yield Buffer.from('x');
      }
    })(),
  );
  await expect(readShort(answer(body), 65_536, 60)).rejects.toMatchObject({ kind: 'timeout', retryable: true });
  expect(body.destroyed).toBe(true);
});

it('a body that is whole in time is read', async () => {
  expect(String(await readShort(answer(Readable.from([Buffer.from('{}')])), 10, 60))).toBe('{}');
  await expect(readShort(answer(Readable.from([Buffer.from('too much')])), 3, 60)).rejects.toMatchObject({
    kind: 'tooLarge',
  });
});
