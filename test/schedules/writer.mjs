// One writer of a schedule, over the built library: lands one value, prints how that ended as a line of JSON. Like the
// command line it withdraws at SIGTERM; unlike it, it gives up soon on a host that says nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { createExec, createHttp, landDelivery, planCommit, reportOf, Secret } from '../../dist/index.js';

const { url, name, file, value, via, graphql } = JSON.parse(process.argv[2]);
const controller = new AbortController();
process.once('SIGTERM', () => controller.abort(new Error('SIGTERM')));
const http = createHttp();
const world = {
  http,
  exec: createExec({}),
  clock: {
    now: () => Date.now(),
    sleep: (ms, signal) =>
      sleep(ms, undefined, signal === undefined ? {} : { signal }).catch((error) => {
        throw signal?.aborted ? signal.reason : error;
      }),
  },
  env: {},
  signal: controller.signal,
  random: Math.random,
  mask: () => undefined,
};
const who = { name, email: `${name}@example.test` };
const delivery = planCommit({
  repo: url,
  branch: 'main',
  edits: [{ file, path: '.image.tag', value, create: false }],
  // What GitHub commits has the API's own author.
  message: `Set ${file} to ${value}${via === 'github' ? ` by ${name}` : ''}`,
  author: who,
  actions: false,
  gitUser: who,
});
const authorization = new Secret(`bearer ${name}`, 'a token');
const credential =
  via === 'github' ? { authorization, label: 'a token', graphql: { url: graphql, authorization } } : undefined;
let end;
let unsure = false;
const emit = (event) => {
  unsure ||= event.type === 'notice' && event.level === 'warning';
};
try {
  end = await landDelivery(world, emit, { ...delivery, via }, credential, { idleMs: 4_000, budgetMs: 40_000 });
} catch (error) {
  end = controller.signal.aborted
    ? { is: 'stopped' }
    : { is: 'failed', error: reportOf(error), unsure: unsure || error.data?.doing === 'push' };
}
process.stdout.write(`${JSON.stringify(end)}\n`);
http.close();
