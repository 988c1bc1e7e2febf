// Starts the children of a test worker. See start.ts beside it.
import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const [path, requests, answers] = process.argv.slice(2);
const out = openSync(answers, 'r+');
const waiting = [];
const asked = [];
const answer = (what) => writeSync(out, `${JSON.stringify(what)}\n`);
const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

/** Takes the sockets in the order in which the worker has connected them. */
function serve() {
  while (asked.length > 0) {
    const { file, args, options, stdio } = asked[0];
    const pipes = stdio.filter((one) => one === 'pipe').length;
    if (waiting.length < pipes) return;
    asked.shift();
    const sockets = waiting.splice(0, pipes);
    let next = 0;
    const fds = stdio.map((one) => (one === 'pipe' ? sockets[next++] : one));
    const child = spawn(file, args, { ...options, stdio: fds });
    for (const socket of sockets) socket.destroy();
    const { pid } = child;
    child.once('error', ({ message, code, errno, syscall, path, spawnargs }) => {
      if (pid === undefined) answer({ error: { message, code, errno, syscall, path, spawnargs } });
    });
    child.once('exit', (code, signal) => tell({ pid, code, signal }));
    if (pid !== undefined) answer({ pid });
  }
}

createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
  waiting.push(socket);
  serve();
}).listen(path, () => {
  answer({ ready: true });
  const lines = createInterface({ input: createReadStream('', { fd: openSync(requests, 'r+') }) });
  lines.on('line', (line) => {
    const request = JSON.parse(line);
    if (request.sync !== true) {
      asked.push(request);
      return serve();
    }
    const { file, args, options, input } = request;
    const done = spawnSync(file, args, { ...options, input: input && Buffer.from(input, 'base64') });
    const { status, signal, pid, error, stdout, stderr } = done;
    answer({
      ...{ status, signal, pid },
      error: error && {
        message: error.message,
        code: error.code,
        errno: error.errno,
        syscall: error.syscall,
        path: error.path,
      },
      stdout: stdout?.toString('base64'),
      stderr: stderr?.toString('base64'),
    });
  });
});

// The worker is gone. Node's own exit would wait for the read of the next request.
process.stdin.on('close', () => process.kill(process.pid, 'SIGKILL')).resume();
