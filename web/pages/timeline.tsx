import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Board } from '../../src/events/board.ts';
import type { DeliveryEvent } from '../../src/events/json-event.ts';
import { Choice, names, span, Text } from '../parts.tsx';
import { Delivery, keyOf, titleOf, words } from './delivery.tsx';

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
  const found = entries.find((one) => keyOf(one) === open);
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
        {found && <Delivery entry={found} entries={entries} close={() => setOpen(undefined)} />}
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
  setOpen: (key: string) => void;
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
            key={keyOf(one)}
            class={one.is}
            aria-setsize={entries.length}
            aria-posinset={first + at + 1}
            style={printing ? {} : { transform: `translateY(${(first + at) * height}px)`, height: `${height}px` }}
          >
            <button
              type="button"
              data-at={first + at}
              aria-expanded={keyOf(one) === open}
              onClick={() => setOpen(keyOf(one))}
              onKeyDown={move}
            >
              <time dateTime={one.landedAt}>{when(one.landedAt)}</time>
              <span class="what">{words[one.is]}</span>
              <Text as="span" class="env" of={one.delivery} most={40} />
              <Text as="span" class="subject" of={titleOf(one)} most={160} />
              <Text as="span" class="muted who" of={who(one)} most={40} />
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
