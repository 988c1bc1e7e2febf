import { promotedValue, promotionText } from '../../src/entry/show/see/promotion-words.ts';
import type { Board } from '../../src/events/board.ts';
import type { StatusRow } from '../../src/events/json-event.ts';
import { Ago, Commit, State, short, Text } from '../parts.tsx';
import { type Asking, actions } from '../write.tsx';

/** A card for each service in each environment. */
export function Now({ board, write }: { board: Board; write: ((asking: Asking) => void) | undefined }) {
  const { rows } = board.status;
  const services = [...new Set(rows.map(({ service }) => service))].sort();
  const order = (row: StatusRow): number => board.deliveries.indexOf(row.delivery);
  if (rows.length === 0) return <p class="empty">The config delivers nothing that could be read.</p>;
  return (
    <>
      {services.map((service) => (
        <section class="service" key={service}>
          <Text as="h2" of={service} most={80} />
          <ul class="cards">
            {rows
              .filter((row) => row.service === service)
              .toSorted((a, b) => order(a) - order(b))
              .map((row) => (
                <Card key={`${row.delivery} ${row.file} ${row.path}`} row={row} write={write} />
              ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function Card({ row, write }: { row: StatusRow; write: ((asking: Asking) => void) | undefined }) {
  const { delivery, value, commit, url, subject, at, by, behind, hold, byHand, candidate } = row;
  return (
    <li class={`card${hold ? ' held' : ''}`}>
      <header>
        <Text as="h3" of={delivery} most={60} />
        <Verdict row={row} />
      </header>
      <p class="tag" title={value}>
        <Text of={value === undefined ? 'gone' : short(value)} most={48} />
      </p>
      <p class="subject">
        <Commit id={commit} repo={url} /> <Text of={subject} most={140} />
      </p>
      <p class="muted">
        <Ago at={at} />
        {by !== undefined && (
          <>
            {' · '}
            <Text of={by} most={60} />
          </>
        )}
        {behind !== undefined && behind > 0 && (
          <span class="behind">
            {behind} {behind === 1 ? 'commit' : 'commits'} behind
          </span>
        )}
      </p>
      {byHand && <p class="note">Changed by hand since its last delivery</p>}
      {hold && (
        <p class="note">
          Held by <Text of={hold.by} most={60} />: <Text of={hold.why} most={200} />
        </p>
      )}
      {candidate && (
        <p class="note">
          <Text of={`${promotedValue(candidate)} ${promotionText(candidate, Date.now())}`} most={400} />
        </p>
      )}
      {write && (
        <p class="acts">
          {(['rollback', 'promote', hold ? 'unhold' : 'hold'] as const).map((action) => (
            <button key={action} type="button" onClick={() => write({ action, row })}>
              {actions[action]}
              <span class="hidden">
                {' '}
                {row.service} in {delivery}
              </span>{' '}
              …
            </button>
          ))}
        </p>
      )}
    </li>
  );
}

function Verdict({ row: { live, notAsked } }: { row: StatusRow }) {
  const worst = live?.find(({ is }) => is !== 'healthy');
  if (live === undefined || live.length === 0)
    return (
      <span title={notAsked}>
        <State is="none">not asked</State>
      </span>
    );
  if (worst === undefined) return <State is="ok">healthy</State>;
  return (
    <span title={worst.why}>
      <State is={worst.is === 'progressing' ? 'wait' : 'bad'}>{worst.is}</State>
    </span>
  );
}
