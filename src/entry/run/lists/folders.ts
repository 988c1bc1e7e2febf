import { constants, type Dirent } from 'node:fs';
import { access, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { dockerfileIn, type FolderLookup, type FoundFolder, type FoundFolders } from '../../../config/read/lists.ts';

const most = { services: 500, read: 5_000, depth: 12 };

/** The folders that a pattern means, each with whether its Dockerfile is there; hidden ones only by name. Bounded. */
export async function findFolders(root: string, lookup: FolderLookup): Promise<FoundFolders> {
  // Most configs list no folders: it is read where one does.
  const { default: picomatch } = await import('picomatch');
  const pattern = lookup.pattern.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  const isMeant = picomatch(pattern, { nonegate: true, maxLength: 1_000 });
  const { base } = picomatch.scan(pattern);
  const depth = pattern.includes('**') ? most.depth : pattern.split('/').length;
  const isSkipped = (name: string): boolean =>
    name === '.git' ||
    (name.startsWith('.') && !pattern.includes(name)) ||
    (name === 'node_modules' && !pattern.includes(name));
  const inside = `${await realpath(root)}${sep}`;
  const isInside = async (dir: string): Promise<boolean> => {
    const real = await realpath(join(root, dir)).catch(() => undefined);
    return real === undefined || `${real}${sep}`.startsWith(inside);
  };
  const folders: FoundFolder[] = [];
  const waiting: string[] = [base];
  if (!(await isInside(base))) return { folders: [{ dir: base, is: 'outside' }] };
  for (let read = 0; waiting.length > 0; read += 1) {
    const dir = waiting.shift() ?? '';
    if (read >= most.read) return { folders, tooMany: `more than ${most.read} folders had to be read` };
    for (const found of await readdir(join(root, dir), { withFileTypes: true }).catch((): Dirent[] => [])) {
      const isLink = found.isSymbolicLink();
      if (isSkipped(found.name) || !(found.isDirectory() || isLink)) continue;
      const path = dir === '' ? found.name : `${dir}/${found.name}`;
      // What a link leads to is looked at where the link itself is meant: through links, a walk may never end.
      if (!isLink && path.split('/').length < depth) waiting.push(path);
      if (!isMeant(path)) continue;
      const isOutside = isLink && !(await isInside(path));
      const dockerfile = dockerfileIn(lookup, path);
      const isThere =
        !isOutside &&
        (await access(join(root, dockerfile), constants.F_OK).then(
          () => true,
          () => false,
        ));
      // A link to a file is none of a folder.
      if (isLink && !isOutside && !isThere) continue;
      const isService = isThere && (await isInside(dockerfile));
      folders.push({ dir: path, is: isOutside || (isThere && !isService) ? 'outside' : isThere ? 'service' : 'bare' });
      if (folders.length > most.services) return { folders, tooMany: `more than ${most.services} folders match` };
    }
  }
  return { folders: folders.toSorted((a, b) => (a.dir < b.dir ? -1 : 1)) };
}
