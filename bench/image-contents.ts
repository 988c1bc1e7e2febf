import { imageIn } from '../test/support/image-in.ts';

/** What an image is to whoever runs it: every file with mode, owner and content, and how it starts. */
export interface Contents {
  /** By path: mode, owner, size and SHA-256 in one line. */
  readonly files: ReadonlyMap<string, string>;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Reads an image from a registry and unpacks it, layer over layer. */
export async function imageContents(registry: string, repository: string, tag: string): Promise<Contents> {
  const { config, layers } = await imageIn(registry, repository, tag);
  const files = new Map<string, string>();
  for (const { path, type, mode, uid, gid, size, hash } of layers.flat()) {
    files.set(path, `${type} ${mode.toString(8)} ${uid}:${gid} ${size} bytes ${hash}`);
  }
  return { files, config };
}

/** Throws with the first difference between two images. Times, layers and label order don't count. */
export function assertSame(name: string, ours: Contents, theirs: Contents): void {
  const paths = new Set([...ours.files.keys(), ...theirs.files.keys()]);
  for (const path of paths) {
    const [our, their] = [ours.files.get(path), theirs.files.get(path)];
    if (our !== their)
      throw new Error(`${name}: ${path} is ${our ?? 'missing'} in ours, ${their ?? 'missing'} in docker's.`);
  }
  for (const key of ['Env', 'Cmd', 'Entrypoint', 'User', 'WorkingDir', 'ExposedPorts']) {
    const [our, their] = [ours, theirs].map((image) => JSON.stringify(image.config[key] ?? null));
    if (our !== their) throw new Error(`${name}: ${key} is ${our} in ours, ${their} in docker's.`);
  }
}
