import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { type AppFile, base, baseFiles } from './app-repo.ts';

/** Puts the base image into a registry, by the distribution spec's plainest requests. */
export async function pushBase(registry: string, files: Iterable<AppFile> = baseFiles()): Promise<void> {
  const tar = await baseTar(files);
  const layer = await buffer(createGzip({ level: 1 }).end(tar));
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'] },
      rootfs: { type: 'layers', diff_ids: [digest(tar)] },
      history: [{ created: '2026-01-01T00:00:00Z', created_by: 'the bench' }],
    }),
  );
  for (const blob of [layer, config]) await pushBlob(registry, blob);
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: { ...described(config), mediaType: 'application/vnd.docker.container.image.v1+json' },
    layers: [{ ...described(layer), mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }],
  };
  await put(`${registry}/v2/${base.repository}/manifests/${base.tag}`, mediaType, JSON.stringify(manifest));
}

async function baseTar(files: Iterable<AppFile>): Promise<Buffer> {
  const tar = pack();
  const whole = buffer(tar);
  const mtime = new Date(1_700_000_000_000);
  for (const name of ['etc', 'srv', 'usr', 'usr/lib', 'usr/share']) {
    tar.entry({ name, type: 'directory', mode: 0o755, mtime });
  }
  for (const { path, bytes } of files) {
    await new Promise<void>((resolve, reject) => {
      const entry = { name: path, mode: 0o644, mtime };
      tar.entry(entry, Buffer.from(bytes), (error) => (error ? reject(error) : resolve()));
    });
  }
  tar.finalize();
  return whole;
}

async function pushBlob(registry: string, blob: Buffer): Promise<void> {
  const started = await fetch(`${registry}/v2/${base.repository}/blobs/uploads/`, { method: 'POST' });
  const upload = new URL(started.headers.get('location') ?? '', registry);
  upload.searchParams.set('digest', digest(blob));
  await put(upload.href, 'application/octet-stream', blob);
}

async function put(url: string, type: string, body: string | Buffer): Promise<void> {
  const sent = typeof body === 'string' ? body : new Uint8Array(body);
  const answer = await fetch(url, { method: 'PUT', headers: { 'content-type': type }, body: sent });
  if (answer.status !== 201) throw new Error(`${new URL(url).pathname}: ${answer.status} ${await answer.text()}`);
}

function described(bytes: Buffer): { readonly digest: string; readonly size: number } {
  return { digest: digest(bytes), size: bytes.byteLength };
}

function digest(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
