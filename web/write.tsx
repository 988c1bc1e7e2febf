import { useEffect, useRef, useState } from 'preact/hooks';
import type { ActValue, Board, PreviewValue } from '../src/events/board.ts';
import type { StatusRow } from '../src/events/json-event.ts';
import { ask, type Link, Refused, send } from './api.ts';
import { Diff } from './pages/run.tsx';
import { Choice, Text } from './parts.tsx';

export const actions = { rollback: 'Roll back', promote: 'Promote', hold: 'Hold', unhold: 'Release' } as const;

/** What somebody wants to do, and where. */
export interface Asking {
  readonly action: keyof typeof actions;
  readonly row: StatusRow;
}

/** What was confirmed, and what became of it. */
interface Doing {
  readonly id: string;
  readonly title: string;
  readonly state: ActValue | { readonly is: 'lost' };
}

type Problem = Pick<Refused, 'code' | 'message' | 'hint'>;

/** The dialog in which something is shown and confirmed, and below it what became of the last one. */
export function Write(props: {
  asking: Asking | undefined;
  done: () => void;
  /** How often the server said that something became of it. */
  told: number;
  link: Link;
  board: Board;
}) {
  const { asking, done, told, link, board } = props;
  const [doing, setDoing] = useState<Doing>();
  const [moved, setMoved] = useState<{ asking: Asking; next: PreviewValue }>();
  const latest = useRef<{ asking: Asking; id: string } | undefined>(undefined);
  const look = async (): Promise<void> => {
    const { current } = latest;
    if (current === undefined) return;
    try {
      const state = await ask<ActValue>(`act?what=${encodeURIComponent(current.id)}`);
      if (latest.current !== current) return;
      if (state.is !== 'moved') return setDoing((one) => one && { ...one, state });
      latest.current = undefined;
      setDoing(undefined);
      setMoved({ asking: current.asking, next: state.next });
    } catch {
      setDoing((one) => one && { ...one, state: { is: 'lost' } });
    }
  };
  const going = doing?.state.is === 'going' || doing?.state.is === 'lost';
  useEffect(() => {
    if (going) void look();
  }, [told]);
  useEffect(() => {
    // The stream ended while it was being written: whether it was, only the server knows.
    if (doing?.state.is === 'going' && (link.is === 'lost' || link.is === 'refused')) {
      setDoing({ ...doing, state: { is: 'lost' } });
    }
  }, [link.is]);
  const confirmed = async (what: Asking, { id }: PreviewValue): Promise<void> => {
    latest.current = { asking: what, id };
    setMoved(undefined);
    done();
    setDoing({ id, title: titleOf(what), state: { is: 'going' } });
    try {
      const state = await send<ActValue>('act', { id });
      if (state.is === 'going') return void look();
      setDoing((one) => one && { ...one, state });
    } catch (error) {
      const refused = error instanceof Refused && error.status > 0 ? error : undefined;
      const state: Doing['state'] = refused ? { is: 'done', errors: [refused] } : { is: 'lost' };
      setDoing((one) => one && { ...one, state });
    }
  };
  const shown = moved?.asking ?? asking;
  return (
    <>
      {shown && (
        <Ask
          key={moved?.next.id ?? `${shown.action} ${shown.row.delivery} ${shown.row.path}`}
          of={shown}
          board={board}
          moved={moved?.next}
          confirmed={(preview) => void confirmed(shown, preview)}
          close={() => {
            setMoved(undefined);
            done();
          }}
        />
      )}
      <div role="status" class="toast-place">
        {doing && <Toast of={doing} close={() => setDoing(undefined)} />}
      </div>
    </>
  );
}

function titleOf({ action, row }: Asking): string {
  return `${actions[action]}: ${row.delivery}`;
}

function Toast({ of: { title, state }, close }: { of: Doing; close: () => void }) {
  const errors = state.is === 'done' ? state.errors : [];
  return (
    <div class="toast">
      <p>
        <Text as="strong" of={title} most={80} /> {state.is === 'going' && 'is being written …'}
        {state.is === 'done' && errors.length === 0 && 'is done.'}
        {state.is === 'lost' &&
          'may be written or not: the server is gone, and nobody here knows. Start tagboat ui again; Timeline shows whether it landed.'}
        {state.is === 'unknown' && 'is nothing that this server knows of: nothing was written by it.'}{' '}
        <a href="#/run">See the run</a>
      </p>
      {errors.map((error) => (
        <Wrong key={error.message} of={error} />
      ))}
      <button type="button" onClick={close}>
        Close
      </button>
    </div>
  );
}

function Wrong({ of: { code, message, hint } }: { of: Problem }) {
  return (
    <p class="note">
      {code !== '' && <code>{code}</code>} <Text of={message} most={600} /> <Text of={hint} most={400} />
    </p>
  );
}

function Ask(props: {
  of: Asking;
  board: Board;
  moved: PreviewValue | undefined;
  confirmed: (preview: PreviewValue) => void;
  close: () => void;
}) {
  const { of, board, moved, confirmed, close } = props;
  const { action, row } = of;
  const box = useRef<HTMLDialogElement>(null);
  const others = board.deliveries.filter((one) => one !== row.delivery);
  const [other, setOther] = useState(others[board.deliveries.indexOf(row.delivery)] ?? others[0] ?? '');
  const [alone, setAlone] = useState('');
  const [why, setWhy] = useState('');
  const [until, setUntil] = useState('');
  const [preview, setPreview] = useState(moved);
  const [wrong, setWrong] = useState<Problem>();
  const [looking, setLooking] = useState(false);
  const sent = useRef(false);
  useEffect(() => {
    box.current?.showModal();
  }, []);
  const changed = (set: (value: string) => void) => (value: string) => {
    // What is confirmed is what was shown, so another wish is shown anew.
    setPreview(undefined);
    set(value);
  };
  const show = async (): Promise<void> => {
    setLooking(true);
    setWrong(undefined);
    const at = action === 'promote' ? { delivery: other, from: row.delivery } : { delivery: row.delivery };
    const place = alone === '' || action === 'promote' ? undefined : `${row.file}:${row.path}`;
    try {
      setPreview(await send<PreviewValue>('preview', { action, ...at, place, why, until }));
    } catch (error) {
      if (error instanceof Refused) setWrong(error);
    }
    setLooking(false);
  };
  const changes = preview?.previews.some(({ diff, instead }) => diff !== '' && instead === undefined) === true;
  return (
    <dialog ref={box} aria-labelledby="ask-title" onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!looking) void show();
        }}
      >
        <h2 id="ask-title">
          {actions[action]} <Text of={row.delivery} most={80} />
        </h2>
        {moved !== undefined && preview === moved && (
          <p class="note" role="alert">
            Something else is there by now than what was shown, so nothing was written. This is what would be written
            now.
          </p>
        )}
        <div class="filters">
          {action === 'promote' ? (
            <Choice label="To" value={other} of={others.map((one) => [one, one] as const)} set={changed(setOther)} />
          ) : (
            <Choice
              label="What"
              value={alone}
              of={[
                ['', `all of ${row.delivery}`],
                ['alone', `${row.service} alone`],
              ]}
              set={changed(setAlone)}
            />
          )}
          <label class="choice wide">
            <span>Why{action === 'hold' ? '' : ' (may be empty)'}</span>
            <input
              value={why}
              maxLength={300}
              required={action === 'hold'}
              onInput={(event) => changed(setWhy)(event.currentTarget.value)}
            />
          </label>
          {(action === 'hold' || action === 'rollback') && (
            <label class="choice">
              <span>Held until (12h, 7d, 2030-01-31)</span>
              <input value={until} maxLength={40} onInput={(event) => changed(setUntil)(event.currentTarget.value)} />
            </label>
          )}
        </div>
        <div aria-live="polite">
          {looking && <p class="muted">Looking what would be written …</p>}
          {wrong && <Wrong of={wrong} />}
          {preview?.previews.map(({ delivery, repo, branch, diff, instead }) => (
            <section key={delivery}>
              <p class="muted">
                {diff === '' ? 'Nothing would change on' : 'One commit to'} <Text of={branch} /> of <Text of={repo} />
              </p>
              {instead && (
                <p class="note">
                  It would not be written: {instead.is} by <Text of={instead.by} most={100} />:{' '}
                  <Text of={instead.why} />
                </p>
              )}
              {diff !== '' && <Diff of={diff} />}
            </section>
          ))}
        </div>
        <p class="acts">
          <button type="submit" disabled={looking}>
            Show what would be written
          </button>
          <button
            type="button"
            class="strong"
            disabled={preview === undefined || !changes || looking}
            onClick={() => {
              // A second click of the same is none.
              if (sent.current || preview === undefined) return;
              sent.current = true;
              confirmed(preview);
            }}
          >
            Write it
          </button>
          <button type="button" onClick={() => box.current?.close()}>
            Cancel
          </button>
        </p>
      </form>
    </dialog>
  );
}
