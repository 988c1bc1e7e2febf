import { useEffect, useMemo, useRef } from 'preact/hooks';
import { imagesSet } from '../../src/events/images.ts';
import type { DeliveryEvent } from '../../src/events/json-event.ts';
import { Commit, Page, short, span, Text } from '../parts.tsx';

export const words: Record<DeliveryEvent['is'], string> = {
  delivered: 'delivered',
  promoted: 'promoted',
  rolledBack: 'rolled back',
  held: 'held',
  released: 'released',
  byHand: 'by hand',
  other: 'other',
};

const mostImages = 50;

/** One commit may be on several branches. */
export function keyOf({ repo, branch, commit }: DeliveryEvent): string {
  return `${repo} ${branch} ${commit}`;
}

export function titleOf({ is, source, why, subject, from }: DeliveryEvent): string {
  if (is === 'delivered') return source?.subject ?? subject;
  if (is === 'promoted') return `from ${from}${why === undefined ? '' : `: ${why}`}`;
  return why ?? subject;
}

function placeOf({ file, path }: { readonly file: string; readonly path: string }): string {
  return `${file} ${path}`;
}

/** One of them: from what to what, its images, and where it came from. */
export function Delivery(props: { entry: DeliveryEvent; entries: readonly DeliveryEvent[]; close: () => void }) {
  const { entry, entries, close } = props;
  const box = useRef<HTMLElement>(null);
  useEffect(() => box.current?.focus(), [keyOf(entry)]);
  const { source, settings, places, repo, branch, run, healthySeconds, leadSeconds } = entry;
  const images = imagesSet(settings);
  const older = useMemo(() => {
    const values = new Map<string, string>();
    const wanted = new Set(settings.map(placeOf));
    for (const one of entries.slice(entries.indexOf(entry) + 1)) {
      if (values.size === wanted.size) break;
      if (one.repo !== repo || one.branch !== branch) continue;
      // Of two values for one place in a commit, the last is the one that was left there.
      for (const set of one.settings.toReversed())
        if (wanted.has(placeOf(set)) && !values.has(placeOf(set))) values.set(placeOf(set), set.value);
    }
    return values;
  }, [entry, entries]);
  return (
    <aside
      class="details"
      ref={box}
      tabIndex={-1}
      aria-label="The delivery"
      onKeyDown={(event) => event.key === 'Escape' && close()}
    >
      <button type="button" class="close" onClick={close} aria-label="Close">
        ×
      </button>
      <Text as="h2" of={titleOf(entry)} most={300} />
      <dl>
        <dt>Outcome</dt>
        <dd class={entry.is}>
          <span class="what">{words[entry.is]}</span>
        </dd>
        <dt>Landed</dt>
        <dd>
          {new Date(entry.landedAt).toLocaleString()} by <Text of={entry.author.name} />
        </dd>
        <dt>Config commit</dt>
        <dd>
          <Commit id={entry.commit} repo={repo} /> on <Text of={branch} />
        </dd>
        {source && (
          <>
            <dt>App commit</dt>
            <dd>
              <Commit id={source.commit} repo={source.url} /> <Text of={source.author?.name} />{' '}
              <a href={`#/commit/${source.commit}`}>its way</a>
            </dd>
          </>
        )}
        {leadSeconds !== undefined && (
          <>
            <dt>Lead time</dt>
            <dd>
              {span(leadSeconds)} to landed{healthySeconds !== undefined && `, ${span(healthySeconds)} to healthy`}
            </dd>
          </>
        )}
        {images.length > 0 && (
          <>
            <dt>{images.length === 1 ? 'Image' : 'Images'}</dt>
            {images.slice(0, mostImages).map(({ at, name, tag, digest }) => (
              <dd key={at}>
                <Text of={`${name ?? at}${tag === undefined ? '' : `:${short(tag)}`}`} most={160} />
                {digest !== undefined && (
                  <>
                    {' '}
                    <code title={digest}>{digest.slice(0, 19)}</code>
                  </>
                )}
              </dd>
            ))}
            {images.length > mostImages && <dd class="muted">and {images.length - mostImages} more</dd>}
          </>
        )}
        {run !== undefined && (
          <>
            <dt>Run</dt>
            <dd>
              <Page to={run}>
                <Text of={run} most={90} />
              </Page>
            </dd>
          </>
        )}
      </dl>
      {[...new Set(settings.map(({ file }) => file))].map((file) => (
        <figure class="diff" key={file}>
          <Text as="figcaption" of={file} />
          {settings
            .filter((one) => one.file === file)
            .slice(0, 200)
            .map(({ path, value }) => (
              <div key={path}>
                <Text as="p" class="path" of={path} />
                {older.has(placeOf({ file, path })) && (
                  <p class="minus">
                    <span aria-hidden="true">− </span>
                    <span class="hidden">before: </span>
                    <Text of={older.get(placeOf({ file, path }))} />
                  </p>
                )}
                <p class="plus">
                  <span aria-hidden="true">+ </span>
                  <span class="hidden">after: </span>
                  <Text of={value} />
                </p>
              </div>
            ))}
        </figure>
      ))}
      {places.length > 0 && (
        <p class="muted">
          {places.length} {places.length === 1 ? 'place' : 'places'} held or released:{' '}
          <Text of={places.map(({ file, path }) => `${file} ${short(path)}`).join(', ')} />
        </p>
      )}
    </aside>
  );
}
