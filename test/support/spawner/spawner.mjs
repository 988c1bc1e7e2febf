// A small process that starts programs for a large one: see start.ts. Each program's streams are sockets that the large
// process opens; they become the program's own, so that nothing passes through here.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const asked = new Map();
const sockets = new Map();
const running = new Map();

const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.once('data', (name) => {
    socket.pause();
    sockets.set(name.toString('latin1'), socket);
    tryStart(Number.parseInt(name.toString('latin1'), 10));
  });
});

process.on('message', (message) => {
  if (message.signal !== undefined) return end(message);
  asked.set(message.id, message);
  tryStart(message.id);
});
// Whoever asked is gone: nobody waits for what still runs.
process.on('disconnect', () => {
  for (const child of running.values()) child.kill();
  process.exit();
});
server.listen(process.argv[2], () => process.send({ ready: true }));

function tryStart(id) {
  const program = asked.get(id);
  const out = sockets.get(`${id} out`);
  const err = sockets.get(`${id} err`);
  if (program === undefined || out === undefined || (program.stderr && err === undefined)) return;
  asked.delete(id);
  sockets.delete(`${id} out`);
  sockets.delete(`${id} err`);
  // From here on what comes is the program's.
  out.write('\n', () => {
    const { cwd, env, detached } = program;
    const stdio = [program.stdin ? out : 'ignore', out, err ?? 'ignore'];
    const child = spawn(program.program, program.args, { cwd, env, detached, stdio });
    running.set(id, child);
    let told = false;
    const tell = (end) => {
      running.delete(id);
      if (!told) process.send({ id, ...end });
      told = true;
    };
    child.on('error', ({ code }) => tell({ code: null, signal: null, error: code }));
    child.on('exit', (code, signal) => tell({ code, signal }));
    for (const signal of program.signals ?? []) end({ id, ...signal });
    out.destroy();
    err?.destroy();
  });
}

function end({ id, signal, group }) {
  const child = running.get(id);
  const waiting = asked.get(id);
  if (waiting !== undefined) waiting.signals = [...(waiting.signals ?? []), { signal, group }];
  if (child?.pid === undefined) return;
  try {
    process.kill(group ? -child.pid : child.pid, signal);
  } catch {}
}
