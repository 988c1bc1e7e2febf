import type { ComponentChildren } from 'preact';
import { commitPage } from '../src/entry/show/report/links.ts';

interface TextProps {
  of: string | undefined;
  most?: number;
  /** An element that it is all of, and that one's class. */
  as?: 'code' | 'figcaption' | 'h2' | 'h3' | 'li' | 'p' | 'pre' | 'span' | 'strong';
  class?: string;
}

/** Others' text: on a direction of its own, so that it turns nothing around it. */
export function Text({ of, most = 300, as: Own, class: name }: TextProps) {
  // A saved run may have anything in the place of a text.
  const text = typeof of === 'string' ? of : '';
  const shown = <bdi>{text.length > most ? `${text.slice(0, most)}…` : text}</bdi>;
  return Own === undefined ? shown : <Own class={name}>{shown}</Own>;
}

export function short(id: string | undefined): string {
  return id !== undefined && /^[0-9a-f]{40,64}$/.test(id) ? id.slice(0, 7) : (id ?? '');
}

/** How long, as people say it. */
export function span(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 60) return `${Math.round(s)} s`;
  if (s < 3_600) return `${Math.round(s / 60)} min`;
  return s < 172_800 ? `${Math.round(s / 360) / 10} h` : `${Math.round(s / 86_400)} d`;
}

/** How long something took that may be short. */
export function took(seconds: number): string {
  return seconds < 9.95 ? `${Math.max(0, seconds).toFixed(1)} s` : span(seconds);
}

export function Ago({ at, now = Date.now() }: { at: string | undefined; now?: number }) {
  if (at === undefined) return <span class="muted">unknown</span>;
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {span((now - Date.parse(at)) / 1_000)} ago
    </time>
  );
}

/** A link to a page of the web, or its text alone where the address is none. */
export function Page({ to, children }: { to: string | undefined; children: ComponentChildren }) {
  if (to === undefined || !URL.canParse(to) || !/^https?:$/.test(new URL(to).protocol)) return <>{children}</>;
  return (
    <a href={to} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}

export function Commit({ id, repo }: { id: string | undefined; repo?: string | undefined }) {
  return (
    <Page to={id === undefined ? undefined : commitPage(repo, id)}>
      <code>{short(id)}</code>
    </Page>
  );
}

/** A state in a word, with a mark that needs no colour to be told from others. */
export function State({ is, children }: { is: 'ok' | 'wait' | 'bad' | 'none'; children: ComponentChildren }) {
  const marks = { ok: '●', wait: '◐', bad: '✕', none: '○' };
  return (
    <span class={`state ${is}`}>
      <span aria-hidden="true">{marks[is]}</span> {children}
    </span>
  );
}

export function Choice(props: {
  label: string;
  value: string;
  of: readonly (readonly [string, string])[];
  set: (value: string) => void;
}) {
  return (
    <label class="choice">
      <span>{props.label}</span>
      <select value={props.value} onChange={(event) => props.set(event.currentTarget.value)}>
        {props.of.map(([value, text]) => (
          <option key={value} value={value}>
            {text.slice(0, 60)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Each once, by name. */
export function names(of: readonly (string | undefined)[]): (readonly [string, string])[] {
  const all = [...new Set(of.filter((one) => one !== undefined && one !== ''))].sort() as string[];
  return [['', 'all'], ...all.map((one) => [one, one] as const)];
}
