import { shownUrl, WireFailure } from '../failure.ts';
import { readBody } from '../http.ts';
import { digestOf } from './digest.ts';
import { OciFailure } from './failure.ts';
import { mediaTypes, parseManifest } from './manifest.ts';
import { drain, type OciTransport } from './transport.ts';
import type { Descriptor, Digest } from './types.ts';

const mostBytes = 4 * 1024 * 1024;

/**
 * What refers to a manifest (OCI distribution spec 1.1, "Listing Referrers"), the first page of it. Undefined where the
 * registry doesn't know the question; such things are then listed under the tag `sha256-…`.
 */
export function listReferrers(
  transport: OciTransport,
  repository: string,
  digest: Digest,
): Promise<readonly Descriptor[] | undefined> {
  return transport.send(
    {
      method: 'GET',
      to: `/v2/${repository}/referrers/${digest}`,
      scopes: [{ repository, access: 'pull' }],
      headers: { accept: mediaTypes.ociIndex },
      // Registries that don't know the path answer with whatever they have for such ones.
      expect: [200, 400, 404, 405],
      repeat: true,
    },
    async (response) => {
      if (response.status !== 200) {
        await drain(response);
        return undefined;
      }
      const bytes = await readBody(response, mostBytes);
      const index = parseManifest({ mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), bytes });
      if (index.is === 'index') return index.manifests;
      const url = shownUrl(response.from);
      const failure = new WireFailure('malformed', url, { message: `${url} answered no index of referrers` });
      throw new OciFailure(failure, { host: transport.host, repository });
    },
  );
}
