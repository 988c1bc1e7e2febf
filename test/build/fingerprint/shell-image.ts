import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { pushBaseImage, type TarEntry } from '../../support/base-image.ts';

/** Pushes `shell:1`. With `works`, RUN can be run in it: it has this machine's own shell and the libraries of that. */
export async function pushShell(host: string, works: boolean): Promise<void> {
  const folders = ['tmp', 'bin'].map((name): TarEntry => ({ name: `${name}/`, type: 'directory', mode: 0o1777 }));
  const layer = works ? [...folders, ...shell()] : folders;
  await pushBaseImage(host, { repository: 'shell', tag: '1', layers: [layer] });
}

function shell(): TarEntry[] {
  const listed = execFileSync('ldd', [realpathSync('/bin/sh')], { encoding: 'utf8' });
  const libraries = [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
  return [fileEntry('/bin/sh'), ...libraries.map(fileEntry)];
}

function fileEntry(path: string): TarEntry {
  return { name: path.slice(1), mode: 0o755, body: readFileSync(path, 'latin1') };
}
