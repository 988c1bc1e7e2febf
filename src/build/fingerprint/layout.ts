import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest } from '../../wire/oci/digest.ts';
import { parseObject } from '../../wire/oci/manifest.ts';
import { sha256 } from './inputs.ts';
import { Undecided } from './undecided.ts';

const mostIndex = 4 * 1024 * 1024;

/**
 * What decides the image in an OCI layout (OCI image spec, image-layout.md): its digest where it is the only one, else
 * all that the index lists, so that nobody has to guess which one a builder takes. Throws Undecided.
 */
export async function layoutDigest(dir: string, tag: string): Promise<string> {
  const file = join(dir, 'index.json');
  const there = await stat(file).catch(() => undefined);
  if (there?.isFile() !== true || there.size > mostIndex) throw new Undecided(`${dir} is no OCI layout`);
  const bytes = await readFile(file);
  const listed = parseObject(bytes)?.manifests;
  if (!Array.isArray(listed)) throw new Undecided(`${dir} is no OCI layout`);
  const [only]: unknown[] = listed;
  const digest = typeof only === 'object' && only !== null && 'digest' in only ? only.digest : undefined;
  if (listed.length === 1 && typeof digest === 'string' && isDigest(digest)) return digest;
  return sha256(JSON.stringify([tag, bytes.toString('utf8')]));
}
