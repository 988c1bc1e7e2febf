import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { delayProxy } from '../../bench/delay.ts';

it('all bytes arrive in order through a delay, and an end is passed on after them', async () => {
  const received: Promise<Buffer>[] = [];
  const answer = randomBytes(300_000);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    received.push(buffer(socket));
    // Answers only once the client has ended its half.
    socket.on('end', () => socket.end(answer));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const proxy = await delayProxy((server.address() as AddressInfo).port, 6);
  try {
    const question = randomBytes(2_000_000);
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(question);
    expect((await buffer(socket)).equals(answer)).toBe(true);
    expect((await received[0])?.equals(question)).toBe(true);
  } finally {
    await proxy.close();
    server.close();
  }
});

it('a server that goes away takes the client along instead of leaving it waiting', async () => {
  const server = createServer((socket) => socket.resetAndDestroy());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const proxy = await delayProxy((server.address() as AddressInfo).port, 2);
  try {
    const socket = connect(proxy.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise<void>((done) => socket.once('close', () => done()));
    expect(socket.destroyed).toBe(true);
  } finally {
    await proxy.close();
    server.close();
  }
});
