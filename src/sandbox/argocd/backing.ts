import type { GitHost } from '../git-host/git-host.ts';
import { render } from './render.ts';
import type { Backing } from './types.ts';

/** Applications on a git host's repositories and on registries as they are. */
export function backingOf(gitHost: GitHost): Backing {
  return {
    read: async ({ repoURL, path = '.', targetRevision = 'HEAD', chart, helm }) => {
      // A chart of a Helm repository: there is none here, so it has a version and nothing in it.
      if (chart !== undefined) return { revision: targetRevision, manifests: [] };
      const name = new URL(repoURL).pathname.replace(/^\/|\.git$/g, '');
      const revision = (
        await gitHost.git(name, 'rev-parse', '--verify', `${targetRevision}^{commit}`).catch(() => {
          throw new Error(`unable to resolve '${targetRevision}' to a commit SHA`);
        })
      ).trim();
      const folder = path.replace(/^\.?\/*|\/+$/g, '');
      const tree = folder === '' ? revision : `${revision}:${folder}`;
      const listed = await gitHost.git(name, 'ls-tree', '-r', '--name-only', tree).catch(() => {
        throw new Error(`${path}: app path does not exist`);
      });
      const files: Record<string, string> = {};
      for (const file of listed.split('\n').filter((line) => line !== '')) {
        files[file] = await gitHost.git(name, 'show', `${revision}:${folder === '' ? file : `${folder}/${file}`}`);
      }
      return { revision, manifests: render(files, helm?.parameters) };
    },
    roll: async (images) => {
      for (const image of images) {
        const fault = await pull(image);
        if (fault !== undefined) return { fault };
      }
      return { fault: undefined };
    },
  };
}

/** What a kubelet finds when it pulls: the registry is asked for real. Only loopback's are, by plain HTTP. */
async function pull(image: string): Promise<{ status: string; message: string } | undefined> {
  const [, host, repository, reference] = /^([^/]+)\/(.+?)[:@]((?:sha256:)?[^:@/]+)$/.exec(image) ?? [];
  if (host === undefined || repository === undefined || reference === undefined) {
    return {
      status: 'InvalidImageName',
      message: `Failed to apply default image tag "${image}": couldn't parse image name`,
    };
  }
  if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host)) return undefined;
  const types = [
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ];
  const status = await fetch(`http://${host}/v2/${repository}/manifests/${reference}`, {
    method: 'HEAD',
    headers: { accept: types.join(', ') },
  })
    .then((response) => response.status)
    .catch(() => 0);
  if (status === 200) return undefined;
  const why = status === 404 ? 'not found' : `unexpected status code ${status}`;
  return {
    status: 'ImagePullBackOff',
    message: `Back-off pulling image "${image}": ErrImagePull: failed to resolve reference "${image}": ${why}`,
  };
}
