import type { Colors } from 'picocolors/types.js';
import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';
import type { Event } from '../../events.ts';
import { duration, oneLine, padTo } from './printable.ts';

interface Going {
  readonly name: string;
  readonly text: string;
  readonly since: number;
  readonly latest: string;
  /** Steps are told: then a line of the log is not what is going on. */
  readonly stepwise: boolean;
}

/** What is going on right now, folded from the events: one line each. Pure but for the times it is given. */
interface Live {
  readonly tell: (event: Event, now: number) => void;
  /** The lines to show, none of them wider than the terminal and never more than fit above the prompt. */
  readonly lines: (now: number, size: { readonly columns: number; readonly rows: number }) => string[];
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** Milliseconds a frame of the spinner stands. */
export const frameMs = 100;

export function createLive(colors: Colors): Live {
  const going = new Map<string, Going>();
  return {
    tell: (event, now) => {
      switch (event.type) {
        case 'step.started':
          going.set(`${event.stage} ${event.subject}`, begun(event.subject, event.message, now));
          break;
        case 'step.finished':
          going.delete(`${event.stage} ${event.subject}`);
          break;
        case 'image.started': {
          const text = event.engine === 'assemble' ? 'assembling' : `building with ${event.engine}`;
          going.set(`build ${event.image}`, begun(event.image, text, now));
          break;
        }
        case 'image.log': {
          const image = going.get(`build ${event.image}`);
          if (image === undefined || image.stepwise) break;
          going.set(`build ${event.image}`, { ...image, latest: oneLine(event.line) });
          break;
        }
        case 'image.progress': {
          const image = going.get(`build ${event.image}`);
          const latest = `${event.done}/${event.total}  ${oneLine(event.step)}`;
          if (image !== undefined) going.set(`build ${event.image}`, { ...image, latest, stepwise: true });
          break;
        }
        case 'image.finished':
        case 'image.failed':
          going.delete(`build ${event.image}`);
          break;
        case 'commit.finished':
        case 'commit.failed':
          going.delete(`commit ${event.delivery}`);
          break;
        case 'verdict.started':
          going.set(`deploy ${event.application}`, begun(event.application, 'waiting for Argo CD', now));
          break;
        case 'verdict.progress': {
          const watched = going.get(`deploy ${event.application}`);
          if (watched !== undefined) going.set(`deploy ${event.application}`, { ...watched, text: oneLine(event.why) });
          break;
        }
        case 'verdict.finished':
          going.delete(`deploy ${event.application}`);
          break;
        case 'result':
          going.clear();
          break;
      }
    },
    lines: (now, { columns, rows }) => {
      const spin = colors.cyan(frames[Math.floor(now / frameMs) % frames.length] ?? '');
      const all = [...going.values()].map((one) => {
        const elapsed = duration((now - one.since) / 1000);
        const latest = one.latest === '' ? '' : `  ${one.latest}`;
        return `${spin} ${padTo(10, one.name)}  ${one.text} ${colors.dim(elapsed + latest)}`;
      });
      const room = Math.max(1, rows - 2);
      const fit = all.length <= room ? all : [...all.slice(0, room - 1), `  … and ${all.length - room + 1} more`];
      // One column stays free: some terminals wrap when the last one is written.
      return fit.map((line) => cutTo(columns - 1, line));
    },
  };
}

function begun(subject: string, message: string, now: number): Going {
  return { name: oneLine(subject), text: oneLine(message), since: now, latest: '', stepwise: false };
}

/** The text cut to that many terminal columns, with an ellipsis when something is missing. Colours survive. */
function cutTo(columns: number, text: string): string {
  if (columns < 1) return '';
  if (stringWidth(text) <= columns) return text;
  // Cutting and measuring don't agree on the width of every rare character.
  for (let left = columns - 1; left > 0; left--) {
    const cut = `${sliceAnsi(text, 0, left)}…`;
    if (stringWidth(cut) <= columns) return cut;
  }
  return '…';
}
