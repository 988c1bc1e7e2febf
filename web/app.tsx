import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Board } from '../src/events/board.ts';
import { follow, type Link } from './api.ts';
import { CommitPage } from './pages/commit.tsx';
import { Flow } from './pages/flow.tsx';
import { Now } from './pages/now.tsx';
import { Queue } from './pages/queue.tsx';
import { Run } from './pages/run.tsx';
import { Timeline } from './pages/timeline.tsx';
import { Text } from './parts.tsx';
import { type Asking, Write } from './write.tsx';
import './style.css';

const pages = { now: 'Now', timeline: 'Timeline', flow: 'Flow', commit: 'Commit', run: 'Run', queue: 'Queue' };
type Name = keyof typeof pages;

function here(): { name: Name; rest: string | undefined } {
  const [, name = 'now', rest] = /^#\/(\w+)(?:\/(.*))?$/.exec(location.hash) ?? [];
  let decoded = rest;
  try {
    decoded = rest === undefined ? undefined : decodeURIComponent(rest);
  } catch {}
  return { name: Object.hasOwn(pages, name) ? (name as Name) : 'now', rest: decoded };
}

function App() {
  const [board, setBoard] = useState<Board>();
  const [link, setLink] = useState<Link>({ is: 'loading' });
  const [at, setAt] = useState(here);
  const [told, setTold] = useState({ run: 0, act: 0 });
  const [asking, setAsking] = useState<Asking>();
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    void follow(setBoard, setLink, (what) => setTold((times) => ({ ...times, [what]: times[what] + 1 })));
    const moved = () => {
      if (/^#[\w-]{24,}$/.test(location.hash)) return location.reload();
      setAt(here());
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    };
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  useEffect(() => {
    document.title = `${pages[at.name]} · Tagboat`;
  }, [at.name]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <p class="brand">
          <strong>Tagboat</strong> <Text of={board?.app} most={80} />
        </p>
        <nav aria-label="Pages">
          {Object.entries(pages).map(([name, text]) => (
            <a key={name} href={`#/${name}`} aria-current={at.name === name ? 'page' : undefined}>
              {text}
            </a>
          ))}
        </nav>
        <Theme />
      </header>
      <Banner link={link} board={board} />
      <main id="main" ref={main} tabIndex={-1}>
        <h1 class="hidden">{pages[at.name]}</h1>
        {board && <Shown board={board} at={at} told={told.run} write={board.may.write ? setAsking : undefined} />}
      </main>
      {board?.may.write && (
        <Write asking={asking} done={() => setAsking(undefined)} told={told.act} link={link} board={board} />
      )}
    </>
  );
}

function Shown(props: {
  board: Board;
  at: ReturnType<typeof here>;
  told: number;
  write: ((asking: Asking) => void) | undefined;
}) {
  const { board, told, write } = props;
  const { name, rest } = props.at;
  switch (name) {
    case 'now':
      return <Now board={board} write={write} />;
    case 'timeline':
      return <Timeline board={board} />;
    case 'flow':
      return <Flow board={board} />;
    case 'commit':
      return <CommitPage board={board} asked={rest || board.commit} />;
    case 'run':
      return <Run board={board} told={told} />;
    case 'queue':
      return <Queue board={board} />;
  }
}

const said: Record<Link['is'], string | undefined> = {
  live: undefined,
  kept: undefined,
  loading: 'Reading …',
  stale: 'What has changed since could not be read: the config repo or Argo CD does not answer. Trying again.',
  lost: 'The server is gone: tagboat ui has ended, or this machine was asleep. What stands here is as it was. Trying again.',
  refused: "This page's key is not valid any more: tagboat ui was started anew. Open the address that it printed.",
  noKey: 'This tab has no key. Open the address that tagboat ui printed, with all that stands behind the #.',
};

function Banner({ link, board }: { link: Link; board: Board | undefined }) {
  const text = said[link.is];
  return (
    <div class="banners" role="status">
      {text !== undefined && <p class={link.is === 'loading' ? 'muted' : 'note'}>{text}</p>}
      {link.is === 'kept' && board && <p class="muted">A copy, as of {new Date(board.readAt).toLocaleString()}</p>}
      {board?.errors.slice(0, 5).map(({ code, message }) => (
        <Text as="p" class="note" key={message} of={`${message} (${code})`} most={500} />
      ))}
    </div>
  );
}

const themes = ['auto', 'light', 'dark'] as const;

function Theme() {
  const [theme, setTheme] = useState(() => {
    try {
      return themes.find((one) => one === localStorage.getItem('tagboat-theme')) ?? 'auto';
    } catch {
      return 'auto';
    }
  });
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem('tagboat-theme', theme);
    } catch {}
  }, [theme]);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
  return (
    <button
      type="button"
      class="theme"
      onClick={() => setTheme(next)}
      aria-label={`Colours: ${theme}. Change to ${next}`}
    >
      {{ auto: '◐', light: '○', dark: '●' }[theme]}
    </button>
  );
}

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
