import { createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ErrorCode, isError } from '../../../src/errors.ts';
import type { GitHostFault } from '../../../src/sandbox/git-host/git-host.ts';
import { makeObject, serialiseTree } from '../../../src/wire/git/pack/object.ts';
import { writePack } from '../../../src/wire/git/pack/pack.ts';
import { packet } from '../../../src/wire/git/pktline.ts';
import type { Http, HttpRequest } from '../../../src/wire/http.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { runs } from '../../support/runs.ts';
import type { TestWorld } from '../../support/world.ts';
import {
  chart,
  deliveryTo,
  fileAt,
  isPush,
  isSound,
  land,
  landed,
  pushesIn,
  quickWorld,
  refusal,
  setTag,
  valuesWith,
} from '../landing.ts';

/** A world in which what will hang anyway is waited for half a second, and everything else as long as a busy machine takes. */
function impatientWorld(isHung: (nth: number, request: HttpRequest) => boolean): TestWorld {
  const world = quickWorld();
  let asked = 0;
  const http: Http = (request) => world.http(isHung(++asked, request) ? { ...request, idleMs: 500 } : request);
  return { ...world, http };
}

describe.skipIf(noHttpBackend !== undefined)(`a host that fails${skipNote}`, () => {
  const page = { is: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Log in' } as const;
  const upload = { 'content-type': 'application/x-git-upload-pack-result' };

  it.each<[string, GitHostFault, ErrorCode]>([
    ['with a page', page, 'GIT_MALFORMED'],
    ['with 500', { is: 'answer', status: 500 }, 'GIT_SERVER_ERROR'],
    ['with 503', { is: 'answer', status: 503 }, 'GIT_SERVER_ERROR'],
    ['with 429', { is: 'answer', status: 429 }, 'GIT_RATE_LIMITED'],
    ['with 418', { is: 'answer', status: 418 }, 'GIT_REFUSED'],
    ['by closing the connection', { is: 'cut', bytes: 0 }, 'GIT_CUT'],
    ['by closing it in the middle of an answer', { is: 'cut', bytes: 30 }, 'GIT_CUT'],
    ['with packets that are none', { is: 'answer', status: 200, headers: upload, body: 'PACK' }, 'GIT_MALFORMED'],
  ])('each time %s is told as that', async (_, fault, code) => {
    const host = await gitHost({ fault: () => fault });
    const url = await host.createRepo('config', { files: chart });
    expect(await refusal(host, deliveryTo(url))).toMatchObject({ code, exitCode: 6 });
    expect(host.requests.length).toBeLessThan(50);
  });

  it('by refusing every command is told in its own words', async () => {
    const refused: GitHostFault = { is: 'answer', status: 200, headers: upload, body: packet('ERR go away') };
    const host = await gitHost({ fault: ({ isCall }) => (isCall ? refused : undefined) });
    const url = await host.createRepo('config', { files: chart });
    expect(await refusal(host, deliveryTo(url))).toMatchObject({ code: 'GIT_REFUSED', peer: { text: 'go away' } });
  });

  it.each<[string, GitHostFault, ErrorCode]>([
    ['with a page', page, 'GIT_MALFORMED'],
    ['with 500', { is: 'answer', status: 500 }, 'GIT_SERVER_ERROR'],
    ['with 413', { is: 'answer', status: 413, body: 'too much' }, 'GIT_REFUSED'],
  ])('only when pushed to, %s, is told as that', async (_, fault, code) => {
    const host = await gitHost({ fault: ({ service }) => (service === 'git-receive-pack' ? fault : undefined) });
    const url = await host.createRepo('config', { files: chart });
    expect(await refusal(host, deliveryTo(url))).toMatchObject({ code, exitCode: 6 });
    expect(pushesIn(host).length).toBeLessThanOrEqual(3);
  });

  it.each([
    1, 2,
  ])('by hanging at request %i is asked once more after the idle limit, and that is all', async (number) => {
    const host = await gitHost({ fault: (request) => (request.number === number ? { is: 'hang' } : undefined) });
    const url = await host.createRepo('config', { files: chart });
    landed(
      await land(
        deliveryTo(url),
        impatientWorld((nth) => nth === number),
      ),
    );
    const worse = await gitHost({ fault: (request) => (request.number >= number ? { is: 'hang' } : undefined) });
    const other = await worse.createRepo('config', { files: chart });
    const error = await land(
      deliveryTo(other),
      impatientWorld((nth) => nth >= number),
    ).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'GIT_TIMEOUT', exitCode: 6, data: { doing: 'read' } });
    expect(worse.requests).toHaveLength(number + 1);
  });

  it('by hanging at every push is given up, and says that the push may have been taken', async () => {
    const host = await gitHost({ fault: (request) => (isPush(request) ? { is: 'hang' } : undefined) });
    const url = await host.createRepo('config', { files: chart });
    const isHung = (_: number, { method, url: asked }: HttpRequest) =>
      method === 'POST' && /receive-pack$/.test(`${asked}`);
    const error = await refusal(host, deliveryTo(url), impatientWorld(isHung));
    expect(error).toMatchObject({ code: 'GIT_TIMEOUT', data: { doing: 'push' } });
    expect(pushesIn(host)).toHaveLength(3);
  });

  it('by not being there is told as that', async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    const landing = land(deliveryTo(`http://127.0.0.1:${port}/config.git`));
    await expect(landing).rejects.toMatchObject({ code: 'GIT_UNREACHABLE', exitCode: 6 });
  });

  it('by sending for longer than the budget is given up, although bytes still come', async () => {
    const world = quickWorld();
    const host = await gitHost({
      fault: ({ number }) => {
        if (number === 2) world.clock.advance(76_000);
        return undefined;
      },
    });
    const url = await host.createRepo('config', { files: chart });
    const error = await refusal(host, deliveryTo(url), world, undefined, { budgetMs: 60_000 });
    expect(error).toMatchObject({ code: 'GIT_TIMEOUT', data: { doing: 'read' } });
  });

  it('to leave files out is told when the temp folder cannot take them', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart, config: { 'uploadpack.allowFilter': 'false' } });
    const folder = process.env.TMPDIR;
    process.env.TMPDIR = '/nonexistent/folder';
    onTestFinished(() => {
      if (folder === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = folder;
    });
    const error = await refusal(host, deliveryTo(url));
    expect(error).toMatchObject({ code: 'TEMP_FOLDER_FULL', exitCode: 6, data: { folder: '/nonexistent/folder' } });
  });

  it('by ending its pack early, in an answer that is whole, is told as cut', async () => {
    const alter: GitHostFault = {
      is: 'alter',
      change: (body) => {
        const at = body.indexOf('PACK') - 5;
        const packet = body.subarray(at, at + 40);
        packet.write((40).toString(16).padStart(4, '0'));
        return Buffer.concat([body.subarray(0, at), packet, Buffer.from('0000')]);
      },
    };
    const host = await gitHost({ fault: ({ number }) => (number === 1 ? undefined : alter) });
    const url = await host.createRepo('config', { files: chart });
    expect(await refusal(host, deliveryTo(url))).toMatchObject({ code: 'GIT_CUT' });
  });

  it('with objects that are whole, but not those asked for, is never believed', async () => {
    const blob = makeObject('sha1', 'blob', Buffer.from('front:\n  imageTag: evil\n'));
    const tree = serialiseTree([{ mode: '100644', name: Buffer.from('values.yaml'), id: blob.id }]);
    const pack = writePack([{ object: makeObject('sha1', 'tree', tree) }, { object: blob }], 'sha1', false);
    const band = Buffer.concat([Buffer.from((pack.byteLength + 5).toString(16).padStart(4, '0')), Buffer.of(1), pack]);
    const change = () => Buffer.concat([Buffer.from(packet('packfile\n')), band, Buffer.from('0000')]);
    const host = await gitHost({ fault: ({ number }) => (number < 3 ? undefined : { is: 'alter', change }) });
    const url = await host.createRepo('config', { files: chart });
    expect(await refusal(host, deliveryTo(url))).toMatchObject({ code: 'GIT_MALFORMED' });
    expect(pushesIn(host)).toEqual([]);
  });

  it('with answers that are damaged anywhere either lands the right bytes or says what is wrong', async () => {
    let damage = { number: 0, at: 0, bit: 0 };
    let first = 0;
    const host = await gitHost({
      fault: ({ number }) => {
        if (number - first !== damage.number) return undefined;
        const change = (body: Buffer): Buffer => {
          const at = damage.at % Math.max(1, body.byteLength);
          const changed = Buffer.from(body);
          changed[at] = (changed[at] ?? 0) ^ (1 << damage.bit);
          return changed;
        };
        return { is: 'alter', change };
      },
    });
    const url = await host.createRepo('config', { files: chart });
    let tag = 'a';
    let tags = 0;
    const places = fc.record({ number: fc.integer({ min: 1, max: 4 }), at: fc.nat(700), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(places, async (place) => {
        damage = place;
        first = host.requests.length;
        const next = `v${++tags}`;
        const end: unknown = await land(deliveryTo(url, setTag(next))).catch((error: unknown) => error);
        if (!isError(end)) {
          expect(end).toMatchObject({ is: 'landed' });
          tag = next;
        }
        expect(await fileAt(host, 'config')).toBe(valuesWith(tag));
      }),
      { numRuns: runs(60) },
    );
    await isSound(host, 'config');
  });
});
