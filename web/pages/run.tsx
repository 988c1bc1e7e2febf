import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Board, RunRecord, RunsValue } from '../../src/events/board.ts';
import type { Reason } from '../../src/plan/deploy.ts';
import { ask, kept } from '../api.ts';
import { Choice, State, short, Text, took } from '../parts.tsx';
import { type Lane, partsOf, type RunView, text, viewOf } from '../run-view.ts';

/** A run as it goes on, or again from its beginning. `told`: how often the server said that there is more. */
export function Run({ board, told }: { board: Board; told: number }) {
  const { runs, run, choose, isRead } = useRuns(board, told);
  if (run === undefined && !isRead) return <p class="empty">Reading …</p>;
  if (run === undefined) {
    return (
      <p class="empty">
        No run is shown here. <code>tagboat ui --run FILE</code> shows one by what its <code>--json</code> printed, also
        while it goes on.
      </p>
    );
  }
  return <Shown key={run.id} run={run} runs={runs} choose={choose} />;
}

/** The newest run, or the chosen one, with what has been told of it since. */
function useRuns(board: Board, told: number) {
  const [chosen, choose] = useState<number>();
  const [runs, setRuns] = useState<RunsValue['runs']>(board.run === undefined ? [] : [board.run]);
  const [run, setRun] = useState<RunRecord | undefined>(board.run);
  const [isRead, setRead] = useState(kept !== undefined);
  const latest = useRef(run);
  const asking = useRef(Promise.resolve());
  useEffect(() => {
    if (kept !== undefined) return;
    // One question at a time, or events would be taken in twice.
    asking.current = asking.current.then(async () => {
      const before = latest.current;
      const wanted = chosen ?? 0;
      const from = before !== undefined && (chosen === undefined || chosen === before.id) ? before.events.length : 0;
      const id = chosen === undefined ? (before?.id ?? 0) : wanted;
      let value = await ask<RunsValue>(`run?what=${id}:${from}`).catch(() => undefined);
      if (value === undefined) return;
      // A newer one has begun.
      const newest = value.runs.at(-1);
      if (chosen === undefined && newest !== undefined && newest.id !== value.run?.id) {
        value = (await ask<RunsValue>(`run?what=${newest.id}:0`).catch(() => undefined)) ?? value;
      }
      setRead(true);
      setRuns(value.runs);
      if (value.run === undefined) return;
      const { first, ...next } = value.run;
      const earlier = before?.id === next.id ? before.events.slice(0, first) : [];
      latest.current = { ...next, events: [...earlier, ...next.events] };
      setRun(latest.current);
    });
  }, [told, chosen]);
  return { runs, run, choose, isRead };
}

/** A tick of the replay, and in how many the whole of a run has passed. */
const tickMs = 80;
const ticks = 150;

function Shown(props: { run: RunRecord; runs: RunsValue['runs']; choose: (id: number | undefined) => void }) {
  const { run, runs, choose } = props;
  const { events } = run;
  // Undefined: as it goes on.
  const [at, setAt] = useState<number>();
  const [playing, setPlaying] = useState(false);
  const shown = at === undefined ? events.length : Math.min(at, events.length);
  const view = useMemo(() => viewOf(events.slice(0, shown)), [events, shown]);
  const whole = useMemo(() => viewOf(events), [events]);
  useEffect(() => {
    if (!playing) return;
    const step = Math.max(1, Math.ceil(events.length / ticks));
    const timer = setInterval(() => setAt((before = 0) => before + step), tickMs);
    return () => clearInterval(timer);
  }, [playing, events.length]);
  useEffect(() => {
    if (!playing || shown < events.length) return;
    setPlaying(false);
    setAt(undefined);
  }, [playing, shown, events.length]);
  const play = (): void => {
    if (!playing && shown >= events.length) setAt(0);
    setPlaying(!playing);
  };
  const going = !run.ended && at === undefined;
  return (
    <>
      <section class="run-head">
        <Text as="h2" of={view.subject || view.command || run.from} most={200} />
        <p>
          <Outcome view={view} />{' '}
          <span class="muted">
            {view.command !== '' && `tagboat ${view.command}`} {view.commit !== '' && <code>{short(view.commit)}</code>}{' '}
            · {took((view.to - view.from) / 1_000)} · <Text of={run.from} most={120} />
          </span>
        </p>
      </section>
      <form class="filters" aria-label="Replay" onSubmit={(event) => event.preventDefault()}>
        {runs.length > 1 && (
          <Choice
            label="Run"
            value={String(run.id)}
            of={runs
              .toReversed()
              .map(({ id, title, ended }) => [String(id), `${title || 'a run'}${ended ? '' : ' …'}`] as const)}
            set={(id) => choose(Number(id) === runs.at(-1)?.id ? undefined : Number(id))}
          />
        )}
        <button type="button" onClick={play} disabled={events.length === 0}>
          {playing ? 'Pause' : 'Play'}
        </button>
        <label class="choice wide">
          <span>
            {at === undefined ? (run.ended ? 'Its end' : 'As it goes on') : `Event ${shown} of ${events.length}`}
          </span>
          <input
            type="range"
            min={0}
            max={events.length}
            value={shown}
            aria-valuetext={`event ${shown} of ${events.length}: ${events[shown - 1]?.type ?? 'the beginning'}`}
            onInput={(event) => {
              const to = Number(event.currentTarget.value);
              setPlaying(false);
              setAt(to >= events.length ? undefined : to);
            }}
          />
        </label>
      </form>
      <Faults run={run} odd={view.odd} />
      <Lanes view={view} whole={whole} going={going} />
      <Applications view={view} />
      {view.errors.map(({ code, message, hint }) => (
        <p class="note" key={message}>
          <strong>{code}</strong> <Text of={message} most={600} /> <Text of={hint} most={400} />
        </p>
      ))}
      <Details view={view} />
    </>
  );
}

function Outcome({ view: { exitCode } }: { view: RunView }) {
  if (exitCode === undefined) return <State is="wait">under way</State>;
  if (exitCode === 0) return <State is="ok">done</State>;
  return <State is="bad">{exitCode === 130 ? 'stopped' : `failed, exit code ${exitCode}`}</State>;
}

function Faults({ run: { faults, more, ended }, odd }: { run: RunRecord; odd: number }) {
  const others = more.faults > 0 ? `; and ${more.faults} more` : '';
  return (
    <div role="status">
      {faults.length > 0 && (
        <details class="note">
          <summary>Not all of this run could be read{others}</summary>
          <ul>
            {faults.map((fault, at) => (
              <Text as="li" key={at} of={fault} most={500} />
            ))}
          </ul>
        </details>
      )}
      {more.events > 0 && (
        <p class="note">{more.events} events are not kept here: the run says too much for this page.</p>
      )}
      {odd > 0 && <p class="note">{odd} events are not as this version writes them.</p>}
      {!ended && kept !== undefined && <p class="note">The run had no end when this was written.</p>}
    </div>
  );
}

const kinds = { image: 'Images', commit: 'Config commits', verdict: 'Argo CD', step: 'Steps' } as const;
const marks = { ok: '●', wait: '◐', bad: '✕', none: '○' };

/** What went on beside what, over time. Nothing of it is told by its place alone. */
function Lanes({ view, whole, going }: { view: RunView; whole: RunView; going: boolean }) {
  const now = useNow(going && view.exitCode === undefined);
  const end = Math.max(whole.to, going && view.exitCode === undefined ? now : 0, view.from + 1_000);
  const share = (ms: number): string =>
    `${(Math.max(0, Math.min(1, (ms - view.from) / (end - view.from))) * 100).toFixed(2)}%`;
  const lanes = [...view.lanes.values()];
  if (lanes.length === 0) return <p class="empty">Nothing has begun.</p>;
  return (
    <>
      {(Object.keys(kinds) as Lane['kind'][]).map((kind) => {
        const own = lanes.filter((one) => one.kind === kind).slice(0, 100);
        if (own.length === 0) return null;
        return (
          <section key={kind} class="lanes">
            <h3>{kinds[kind]}</h3>
            <ul>
              {own.map((one) => (
                <li key={one.key} class={`lane ${one.is}`}>
                  <span class="lane-name">
                    <span class={`state ${one.is}`}>
                      <span aria-hidden="true">{marks[one.is]}</span>
                      <span class="hidden">
                        {one.to === undefined ? 'under way' : one.is === 'bad' ? 'failed' : 'done'}
                      </span>
                    </span>{' '}
                    <Text of={one.name} most={60} />
                  </span>
                  <span class="track" aria-hidden="true">
                    <span
                      class="bar"
                      style={{
                        left: share(one.from),
                        right: `calc(100% - ${share(one.to ?? Math.max(view.to, going ? now : 0))})`,
                      }}
                    />
                    {one.marks.map(({ at }, nth) => (
                      <span key={nth} class="tick" style={{ left: share(at) }} />
                    ))}
                  </span>
                  <span class="lane-time muted">{took(((one.to ?? view.to) - one.from) / 1_000)}</span>
                  <Text as="span" class="lane-said muted" of={one.said} most={240} />
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </>
  );
}

/** The time, anew each half second while something goes on. */
function useNow(going: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!going) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [going]);
  return now;
}

const healths: Readonly<Record<string, 'ok' | 'wait' | 'bad'>> = {
  ...{ Healthy: 'ok', Progressing: 'wait', Suspended: 'wait', Degraded: 'bad', Missing: 'bad' },
};

/** Each application with its resources, as Argo CD shows them, and why it isn't well. */
function Applications({ view }: { view: RunView }) {
  const own = [...view.lanes.values()].filter((one) => one.kind === 'verdict');
  const told = own.filter(({ resources, reasons }) => resources.length + reasons.length > 0);
  if (told.length === 0) return null;
  return (
    <section>
      <h2>What Argo CD shows</h2>
      <ul class="tree">
        {told.map((one) => (
          <li key={one.key}>
            <State is={one.is}>
              <Text of={one.name} most={80} />
            </State>{' '}
            <ul>
              {one.resources.map((resource, at) => (
                <li key={at}>
                  <State is={healths[text(resource.health)] ?? (resource.sync === 'Synced' ? 'ok' : 'wait')}>
                    <Text of={resource.kind} most={60} />
                  </State>{' '}
                  <Text of={resource.name} most={120} />{' '}
                  <span class="muted">
                    <Text of={[text(resource.sync), text(resource.health)].filter(Boolean).join(', ')} most={60} />{' '}
                    <Text of={resource.message} most={200} />
                  </span>
                </li>
              ))}
              {one.more > 0 && <li class="muted">and {one.more} more</li>}
            </ul>
            <Reasons of={one.reasons} deep={0} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Reasons({ of, deep }: { of: readonly Reason[]; deep: number }) {
  if (of.length === 0 || deep > 8) return null;
  return (
    <ul>
      {of.map((reason, at) => (
        <li key={at}>
          <Text as="strong" of={reason.subject} most={160} />{' '}
          <Text as="span" class="state bad" of={reason.status} most={80} /> <Text of={reason.message} most={400} />
          {[...lines(reason.events), ...lines(reason.log)].slice(-8).map((line, nth) => (
            <Text as="p" key={nth} class="path" of={line} most={300} />
          ))}
          <Reasons of={partsOf(reason.parts)} deep={deep + 1} />
        </li>
      ))}
    </ul>
  );
}

function lines(of: unknown): string[] {
  return Array.isArray(of) ? of.map(text) : [];
}

/** What is long: diffs, what builders said, and notices. */
function Details({ view }: { view: RunView }) {
  const lanes = [...view.lanes.values()];
  return (
    <section class="long">
      {lanes
        .filter(({ diff }) => diff !== '')
        .map((one) => (
          <details key={`diff ${one.key}`} open>
            <summary>
              The diff of <Text of={one.name} most={80} />
            </summary>
            <Diff of={one.diff} />
          </details>
        ))}
      {lanes
        .filter(({ marks }) => marks.length > 0)
        .map((one) => (
          <details key={`marks ${one.key}`}>
            <summary>
              What <Text of={one.name} most={80} /> went through
            </summary>
            <ol>
              {one.marks.map(({ at, text }, nth) => (
                <li key={nth}>
                  <span class="muted">{took((at - view.from) / 1_000)}</span> <Text of={text} most={300} />
                </li>
              ))}
            </ol>
          </details>
        ))}
      {lanes
        .filter(({ log }) => log.length > 0)
        .map((one) => (
          <details key={`log ${one.key}`}>
            <summary>
              What the build of <Text of={one.name} most={80} /> said
            </summary>
            <Text as="pre" class="diff" of={one.log.join('\n')} most={20_000} />
          </details>
        ))}
      {view.notices.length > 0 && (
        <details>
          <summary>{view.notices.length} notices</summary>
          <ul>
            {view.notices.map(({ code, message, isWarning }, at) => (
              <li key={at} class={isWarning ? 'note' : ''}>
                <Text as="code" of={code} most={60} /> <Text of={message} most={400} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

/** A unified diff, its signs told in words too. */
export function Diff({ of }: { of: string }) {
  const all = of.split('\n');
  const shown = all.slice(0, 400);
  return (
    <pre class="diff">
      {shown.map((line, at) => {
        const is = /^(\+\+\+|---|@@)/.test(line) ? 'muted' : line[0] === '+' ? 'plus' : line[0] === '-' ? 'minus' : '';
        return (
          <span key={at} class={is}>
            <Text of={line} most={400} />
            {'\n'}
          </span>
        );
      })}
      {all.length > shown.length && <span class="muted">… and {all.length - shown.length} lines more</span>}
    </pre>
  );
}
