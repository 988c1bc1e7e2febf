import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createAuth } from '../../../../src/auth/auth.ts';
import { parseConfig } from '../../../../src/config/config.ts';
import { imagesAtRegistries } from '../../../../src/entry/commands/see/ask-images.ts';
import { openLives } from '../../../../src/entry/commands/see/ask-live.ts';
import { type Glance, glancing } from '../../../../src/entry/commands/see/glance.ts';
import { createServers } from '../../../../src/entry/run/argocd-servers.ts';
import { source } from '../../../config/config-text.ts';
import { testWorld } from '../../../support/world.ts';

/** A peer that takes connections and never says a word, and one where nobody listens. */
async function silence() {
  const server = createServer((socket) => void socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function closedPort(): Promise<string> {
  const { server, host } = await silence();
  server.close();
  await once(server, 'close');
  return host;
}

function looks(host: string, patience: Glance) {
  const world = testWorld({ env: { PATH: process.env.PATH, HOME: '/nonexistent', ARGOCD_AUTH_TOKEN: 'reader' } });
  const text = `registry: ${host}
images: { app: {} }
argocd: { server: "http://${host}" }
deliveries: { live: { from: main, repo: "http://${host}/config.git", set: { v.yaml: { .a: "{commit}" } }, application: a } }
`;
  const config = parseConfig(text, 'tagboat.yaml', {});
  const auth = createAuth(world, world.emit);
  const look = glancing(world, patience);
  onTestFinished(() => look.over());
  const servers = createServers(look.world, world.emit, auth);
  const [delivery] = config.deliveries;
  if (delivery === undefined) throw new Error('the config has a delivery');
  const { name, repo, branch, deploy } = delivery;
  const live = openLives(() => ({ look, auth, servers }))(
    { delivery: name, repo, branch, deploy, places: [] },
    source.commit,
    [],
  );
  return { world, live, images: imagesAtRegistries(look, auth, config, source) };
}

it('ends for all peers together once its time is over, and says so of each', async () => {
  const { server, host } = await silence();
  let connections = 0;
  const reached = new Promise<void>((resolve) => {
    server.on('connection', () => (++connections === 2 ? resolve() : undefined));
  });
  const { world, live, images } = looks(host, { silentMs: 600_000, againMs: 0, wholeMs: 15_000 });
  await reached;
  world.clock.advance(15_000);
  expect(await live).toMatchObject({ notAsked: 'there was no answer within 15 s', error: { code: 'ARGOCD_TIMEOUT' } });
  expect(await images).toMatchObject([{ is: 'unknown', why: 'there was no answer within 15 s' }]);
});

it('bears no more than a short silence of one peer, and asks it once', async () => {
  const { server, host } = await silence();
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  const { live, images } = looks(host, { silentMs: 50, againMs: 0, wholeMs: 15_000 });
  expect(await live).toMatchObject({ notAsked: expect.stringMatching(/silent.*\(ARGOCD_TIMEOUT\)$/) });
  expect(await images).toMatchObject([{ is: 'unknown', why: expect.stringMatching(/silent/) }]);
  expect(connections).toBe(2);
});

it('tells of a peer where nobody listens', async () => {
  const { live, images } = looks(await closedPort(), { silentMs: 600_000, againMs: 0, wholeMs: 15_000 });
  expect(await live).toMatchObject({ notAsked: expect.stringMatching(/ECONNREFUSED|refused|reach/i) });
  expect(await images).toMatchObject([{ is: 'unknown', why: expect.stringMatching(/ECONNREFUSED|refused|reach/i) }]);
});

it('is stopped with the run, whose stop it tells as no peer’s silence', async () => {
  const { server, host } = await silence();
  const { world, live, images } = looks(host, { silentMs: 600_000, againMs: 0, wholeMs: 15_000 });
  const ended = Promise.all([live, images].map((one) => expect(one).rejects.toThrow('stopped by hand')));
  await once(server, 'connection');
  world.abort(new Error('stopped by hand'));
  await ended;
});
