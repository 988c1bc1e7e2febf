import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { pushBaseImage } from '../../support/base-image.ts';

/** Pushes `shell:1`. With `works`, RUN can be run in it: it has this machine's own shell and the libraries of that. */
export async function pushShell(host: string, works: boolean): Promise<void> {
  const archive = pack();
  const whole = buffer(archive);
  for (const name of ['tmp/', 'bin/']) archive.entry({ name, type: 'directory', mode: 0o1777 });
  for (const path of works ? ['/bin/sh', ...libraries('/bin/sh')] : []) {
    archive.entry({ name: path.slice(1), mode: 0o755 }, readFileSync(path));
  }
  archive.finalize();
  await pushBaseImage(host, { repository: 'shell', tag: '1', layers: [await whole] });
}

function libraries(program: string): string[] {
  const listed = execFileSync('ldd', [realpathSync(program)], { encoding: 'utf8' });
  return [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
}
