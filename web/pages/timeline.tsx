import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Board } from '../../src/events/board.ts';
import type { DeliveryEvent } from '../../src/events/json-event.ts';
import { Choice, Commit, names, Page, short, span, Text } from '../parts.tsx';

const words: Record<DeliveryEvent['is'], string> = {
  delivered: 'delivered',
  promoted: 'promoted',
  rolledBack: 'rolled back',
  held: 'held',
  released: 'released',
  byHand: 'by hand',
  other: 'other',
};

/** Deliveries over time. Only the rows in sight are in the document, however many there are. */
export function Timeline({ board }: { board: Board }) {
  const { entries, whole, others } = board.history;
  const [service, setService] = useState('');
  const [environment, setEnvironment] = useState('');
  const [author, setAuthor] = useState('');
  const [open, setOpen] = useState<string>();
  const who = (one: DeliveryEvent) => one.source?.author?.name ?? one.author.name;
  const shown = useMemo(
    () =>
      entries.filter(
        (one) =>
          (service === '' || one.services.includes(service)) &&
          (environment === '' || one.delivery === environment) &&
          (author === '' || who(one) === author),
      ),
    [entries, service, environment, author],
  );
  const choices = useMemo(
    () => [
      names(entries.flatMap((one) => one.services)),
      names(entries.map((one) => one.delivery)),
      names(entries.map(who)),
    ],
    [entries],
  );
  const found = entries.find(({ commit }) => commit === open);
  return (
    <>
      <form class="filters" aria-label="Filter" onSubmit={(event) => event.preventDefault()}>
        <Choice label="Service" value={service} of={choices[0] ?? []} set={setService} />
        <Choice label="Environment" value={environment} of={choices[1] ?? []} set={setEnvironment} />
        <Choice label="Author" value={author} of={choices[2] ?? []} set={setAuthor} />
        <p class="muted" role="status">
          {shown.length} of {entries.length}
          {others > 0 && `; ${others} other commits set none of these values`}
          {!whole && '; older commits were not read'}
        </p>
      </form>
      <div class={found ? 'split open' : 'split'}>
        <Rows entries={shown} open={open} setOpen={setOpen} who={who} />
        {found && <Details entry={found} entries={entries} close={() => setOpen(undefined)} />}
      </div>
    </>
  );
}

function useRowHeight(): number {
  const narrow = matchMedia('(max-width: 46rem)');
  const [isNarrow, setNarrow] = useState(narrow.matches);
  useEffect(() => {
    const changed = () => setNarrow(narrow.matches);
    narrow.addEventListener('change', changed);
    return () => narrow.removeEventListener('change', changed);
  }, []);
  return isNarrow ? 64 : 38;
}

function Rows(props: {
  entries: readonly DeliveryEvent[];
  open: string | undefined;
  setOpen: (commit: string) => void;
  who: (one: DeliveryEvent) => string;
}) {
  const { entries, open, setOpen, who } = props;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [printing, setPrinting] = useState(false);
  const height = useRowHeight();
  useEffect(() => {
    const [before, after] = [() => setPrinting(true), () => setPrinting(false)];
    addEventListener('beforeprint', before);
    addEventListener('afterprint', after);
    return () => {
      removeEventListener('beforeprint', before);
      removeEventListener('afterprint', after);
    };
  }, []);
  if (entries.length === 0) return <p class="empty">Nothing was delivered here, as far as the commits tell.</p>;
  const first = printing ? 0 : Math.max(0, Math.floor(top / height) - 8);
  const last = printing
    ? Math.min(entries.length, 500)
    : Math.min(entries.length, first + Math.ceil(900 / height) + 24);
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = Number((event.currentTarget as HTMLElement).dataset.at ?? Number.NaN);
    if (step === undefined || Number.isNaN(at)) return;
    event.preventDefault();
    const next = box.current?.querySelector<HTMLElement>(`[data-at="${at + step}"]`);
    next?.focus();
  };
  return (
    <div class="rows" ref={box} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <ol style={{ height: printing ? 'auto' : `${entries.length * height}px` }}>
        {entries.slice(first, last).map((one, at) => (
          <li
            key={`${one.repo} ${one.commit}`}
            class={one.is}
            aria-setsize={entries.length}
            aria-posinset={first + at + 1}
            style={printing ? {} : { transform: `translateY(${(first + at) * height}px)`, height: `${height}px` }}
          >
            <button
              type="button"
              data-at={first + at}
              aria-expanded={one.commit === open}
              onClick={() => setOpen(one.commit)}
              onKeyDown={move}
            >
              <time dateTime={one.landedAt}>{when(one.landedAt)}</time>
              <span class="what">{words[one.is]}</span>
              <span class="env">
                <Text of={one.delivery} most={40} />
              </span>
              <span class="subject">
                <Text of={titleOf(one)} most={160} />
              </span>
              <span class="muted who">
                <Text of={who(one)} most={40} />
              </span>
              <span class="muted lead">{one.leadSeconds === undefined ? '' : span(one.leadSeconds)}</span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}

function when(iso: string): string {
  const time = new Date(iso);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

function titleOf({ is, source, why, subject, from }: DeliveryEvent): string {
  if (is === 'delivered') return source?.subject ?? subject;
  if (is === 'promoted') return `from ${from}${why === undefined ? '' : `: ${why}`}`;
  return why ?? subject;
}

function Details(props: { entry: DeliveryEvent; entries: readonly DeliveryEvent[]; close: () => void }) {
  const { entry, entries, close } = props;
  const box = useRef<HTMLElement>(null);
  useEffect(() => box.current?.focus(), [entry.commit]);
  const { source, settings, places, repo, branch, run, healthySeconds, leadSeconds } = entry;
  const older = entries.slice(entries.indexOf(entry) + 1).filter((one) => one.repo === repo && one.branch === branch);
  const before = (file: string, path: string): string | undefined =>
    older.flatMap((one) => one.settings).find((one) => one.file === file && one.path === path)?.value;
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
      <h2>
        <Text of={titleOf(entry)} most={300} />
      </h2>
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
          <figcaption>
            <Text of={file} />
          </figcaption>
          {settings
            .filter((one) => one.file === file)
            .slice(0, 200)
            .map(({ path, value }) => (
              <div key={path}>
                <p class="path">
                  <Text of={path} />
                </p>
                {before(file, path) !== undefined && (
                  <p class="minus">
                    <span aria-hidden="true">− </span>
                    <span class="hidden">before: </span>
                    <Text of={before(file, path)} />
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
