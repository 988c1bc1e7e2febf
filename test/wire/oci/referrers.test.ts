import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttp } from '../../../src/wire/http/client.ts';
import { digestOf } from '../../../src/wire/oci/digest.ts';
import { mediaTypes, parseObject, toManifest } from '../../../src/wire/oci/manifest.ts';
import { enterReferrer, type ManifestAccess, subjectOf } from '../../../src/wire/oci/referrers.ts';
import type { OciTransport } from '../../../src/wire/oci/transport.ts';
import type { ManifestBytes, OciClient } from '../../../src/wire/oci/types.ts';
import { blobOf, clientOf, ociFailure, pushParts } from '../../support/oci.ts';
import { type RegistryOptions, registries, startOwnRegistry } from '../../support/registries.ts';
import type { RegistryFault } from '../../support/registry-faults.ts';
import { jumpingClock } from '../../support/world.ts';

const index = { 'content-type': mediaTypes.ociIndex };

async function registry(options: Omit<RegistryOptions, 'dir'> = {}) {
  const own = await startOwnRegistry(options);
  onTestFinished(() => own.close());
  const client = clientOf(own.host);
  const image = await pushParts(client, 'app', 'image');
  await client.putManifest('app', 'v1', image);
  return { own, client, image };
}

/** An artifact that refers to a manifest, pushed. */
async function attach(client: OciClient, image: ManifestBytes, name: string): Promise<ManifestBytes> {
  const empty = blobOf(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json');
  await client.pushBlob('app', empty);
  const artifact = toManifest(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: 'text/note',
    config: empty.descriptor,
    layers: [empty.descriptor],
    subject: { mediaType: image.mediaType, digest: image.digest, size: image.bytes.byteLength },
    annotations: { name },
  });
  await client.putManifest('app', artifact.digest, artifact);
  return artifact;
}

const tagOf = ({ digest }: ManifestBytes) => digest.replace(':', '-');

describe.each(registries.filter(({ available }) => available))('$name', (kind) => {
  it('tells what refers to a manifest once it is put, of several too', async () => {
    const running = await kind.start();
    onTestFinished(() => running.close());
    const client = clientOf(running.host);
    const image = await pushParts(client, 'app', 'image');
    await client.putManifest('app', 'v1', image);
    expect(await client.referrers('app', image.digest)).toEqual([]);
    const notes = [await attach(client, image, 'one'), await attach(client, image, 'two')];
    await client.putManifest('app', notes[0]?.digest ?? '', notes[0] as ManifestBytes);
    const listed = await client.referrers('app', image.digest);
    expect(listed.map(({ digest }) => digest).sort()).toEqual(notes.map(({ digest }) => digest).sort());
    expect(listed[0]).toMatchObject({ artifactType: 'text/note', mediaType: mediaTypes.ociManifest });
    expect(listed.map(({ annotations }) => annotations?.name).sort()).toEqual(['one', 'two']);
  });
});

it('a registry that says that it lists referrers gets no tag for them', async () => {
  const { client, image } = await registry();
  await attach(client, image, 'one');
  expect(await client.getManifest('app', tagOf(image))).toBeUndefined();
});

it('what is entered under the tag is told beside the registry’s own list, and once', async () => {
  const { client, image } = await registry();
  const note = await attach(client, image, 'one');
  const listed = await client.referrers('app', image.digest);
  const entered = { ...listed[0], digest: image.digest };
  const value = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [...listed, entered] };
  await client.putManifest('app', tagOf(image), toManifest(mediaTypes.ociIndex, value));
  const told = await client.referrers('app', image.digest);
  expect(told.map(({ digest }) => digest)).toEqual([note.digest, image.digest]);
});

it('a list that broke off is no list of nothing', async () => {
  const { client, image } = await registry({
    fault: ({ path }) => (path.includes('/referrers/') ? { is: 'loseAnswer' } : undefined),
  });
  expect(await ociFailure(client.referrers('app', image.digest))).toMatchObject({ kind: 'cut' });
});

it('what a manifest says it refers to counts where it is a digest', () => {
  const subject = (digest: unknown) => subjectOf(toManifest(mediaTypes.ociManifest, { subject: { digest } }));
  const digest = digestOf('image');
  expect([subject(digest), subject('latest'), subject(7)]).toEqual([digest, undefined, undefined]);
});

describe('an entry', () => {
  const enter = async (keeps: boolean, first?: object, isTagged?: boolean) => {
    const done: string[] = [];
    let held = first && toManifest(mediaTypes.ociIndex, first);
    const clock = jumpingClock();
    const transport = { host: 'r.test', origin: 'http://r.test', clock, random: () => 0.5 };
    const manifest = toManifest(mediaTypes.ociManifest, { config: { mediaType: 'text/note' } });
    const manifests: ManifestAccess = {
      get: async () => {
        done.push('get');
        return held;
      },
      put: async (_, list) => {
        done.push('put');
        if (keeps) held = list;
      },
    };
    const at = { transport: transport as unknown as OciTransport, name: 'app' };
    await enterReferrer(at, manifests, digestOf('image'), manifest, isTagged);
    return { done, list: held && parseObject(held.bytes), slept: clock.slept };
  };

  it('is looked at twice, and has the kind of its config where it has no other', async () => {
    const { done, list, slept } = await enter(true);
    expect(slept).toEqual([375]);
    expect(done).toEqual(['get', 'put', 'get', 'get']);
    expect(list).toMatchObject({ manifests: [{ artifactType: 'text/note' }] });
  });

  it('of what is found by a tag of its own too is looked at once, and waited for by nobody', async () => {
    const { done, list, slept } = await enter(true, undefined, true);
    expect(slept).toEqual([]);
    expect(done).toEqual(['get', 'put', 'get']);
    expect(list?.manifests).toHaveLength(1);
  });

  it('is put into a list that has none yet, and never into something else', async () => {
    expect((await enter(true, { schemaVersion: 2 })).list?.manifests).toHaveLength(1);
    await expect(enter(true, { manifests: 'none' })).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('is given up where it is taken away eight times', async () => {
    expect((await enter(false)).done.filter((what) => what === 'put')).toHaveLength(8);
  });
});

describe('a registry that keeps no list', () => {
  const answers: [string, RegistryFault][] = [
    ...[400, 401, 403, 404, 405, 406, 501].map(
      (status) => [String(status), { is: 'answer', status }] as [string, RegistryFault],
    ),
    ['a page', { is: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['{}', { is: 'answer', status: 200, headers: index, body: '{}' }],
    ['no list', { is: 'answer', status: 200, headers: index, body: '{"schemaVersion":2,"manifests":null}' }],
    ['a list of nothing', { is: 'answer', status: 200, headers: index, body: '{"manifests":[{"digest":"sha256:x"}]}' }],
    ['a redirect in a circle', { is: 'answer', status: 303, headers: { location: '/v2/app/referrers/x' } }],
    ['a redirect to nowhere', { is: 'answer', status: 307 }],
  ];

  it.each(answers)('and answers the question with %s has them under the tag', async (_what, fault) => {
    const { client, image } = await registry({
      referrers: false,
      fault: ({ path }) => (path.includes('/referrers/') ? fault : undefined),
    });
    const note = await attach(client, image, 'one');
    expect(await client.referrers('app', image.digest)).toMatchObject([
      { digest: note.digest, artifactType: 'text/note', annotations: { name: 'one' } },
    ]);
    const under = await client.getManifest('app', tagOf(image));
    expect(under?.mediaType).toBe(mediaTypes.ociIndex);
  });

  it('keeps what another client entered, whatever that is', async () => {
    const { client, image } = await registry({ referrers: false });
    const first = await attach(client, image, 'one');
    const there = await client.getManifest('app', tagOf(image));
    const { manifests } = parseObject(there?.bytes ?? Buffer.alloc(0)) as { manifests: object[] };
    const more = [...manifests, { ...manifests[0], digest: first.digest, data: 'e30=', 'x-own': 1 }];
    const value = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: more };
    await client.putManifest('app', tagOf(image), toManifest(mediaTypes.ociIndex, value));
    await attach(client, image, 'two');
    const now = parseObject((await client.getManifest('app', tagOf(image)))?.bytes ?? Buffer.alloc(0));
    expect((now?.manifests as object[]).slice(0, 2)).toEqual(more);
    expect(now?.manifests).toHaveLength(3);
  });

  it.each([
    'right after ours',
    'a moment later',
  ])('loses nothing to a writer whose list takes its place %s', async (when) => {
    const { own, client, image } = await registry({ referrers: false });
    const theirs = await attach(client, image, 'theirs');
    const before = (await client.getManifest('app', tagOf(image))) as ManifestBytes;
    const clock = jumpingClock();
    let taken = false;
    // They read the list before ours was in it, and write it only now.
    const take = async () => {
      if (taken) return;
      taken = true;
      await client.putManifest('app', tagOf(image), before);
    };
    const http = createHttp();
    onTestFinished(() => http.close());
    const late = clientOf(own.host, {
      clock: {
        ...clock,
        sleep: async (ms, signal) => {
          await take();
          return clock.sleep(ms, signal);
        },
      },
      http: async (request) => {
        const answer = await http(request);
        const isOurs = request.method === 'PUT' && String(request.url).endsWith(tagOf(image));
        if (when === 'right after ours' && isOurs) await take();
        return answer;
      },
    });
    const ours = await attach(late, image, 'ours');
    expect(taken).toBe(true);
    const listed = await client.referrers('app', image.digest);
    expect(listed.map(({ digest }) => digest).sort()).toEqual([theirs.digest, ours.digest].sort());
  });

  it('is asked once, and told nothing, where ours is there already', async () => {
    const { own, client, image } = await registry({ referrers: false });
    await attach(client, image, 'one');
    const from = own.requests.length;
    await attach(client, image, 'one');
    const asked = own.requests.slice(from).filter(({ path }) => path.endsWith(tagOf(image)));
    expect(asked.map(({ method }) => method)).toEqual(['GET']);
  });

  it('that reads the tag as the digest, as GitLab does, has none yet', async () => {
    const { own, client } = await registry({ referrers: false });
    const image = await pushParts(client, 'app', 'child');
    await client.putManifest('app', image.digest, image);
    const child = { mediaType: image.mediaType, digest: image.digest, size: image.bytes.byteLength };
    const many = toManifest(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [child],
    });
    await client.putManifest('app', tagOf(many), many);
    expect(await client.referrers('app', many.digest)).toEqual([]);
    const note = await attach(client, many, 'one');
    expect(await client.referrers('app', many.digest)).toMatchObject([{ digest: note.digest }]);
    expect(own.requests.some(({ method, path }) => method === 'PUT' && path.endsWith(tagOf(many)))).toBe(true);
  });

  it('and holds an image under that tag keeps it, and the failure is told', async () => {
    const { client, image } = await registry({ referrers: false });
    await client.putManifest('app', tagOf(image), await pushParts(client, 'app', 'somebody’s'));
    expect(await ociFailure(attach(client, image, 'one'))).toMatchObject({ kind: 'malformed' });
    expect((await client.getManifest('app', tagOf(image)))?.mediaType).toBe(mediaTypes.ociManifest);
    expect(await client.referrers('app', image.digest)).toEqual([]);
  });
});
