import type { ErrorReport } from '../../errors.ts';
import type { Event } from '../../events.ts';
import type { CommitOutcome } from '../../plan/outcome.ts';
import { cleaned } from './printable.ts';
import { causesOf, hitWords } from './report/causes.ts';
import type { EventSink } from './sink.ts';

/** Marks errors and warnings in GitHub's own interface, at their place where that is a file that `isOurs`. */
export function createAnnotations(
  write: (text: string) => void,
  isOurs: (file: string) => boolean = () => true,
): EventSink {
  const failures: Event[] = [];
  /** A run that is done and wrote nothing, though there was something to write, must not go unseen. */
  const tellEnd = (delivery: string, outcome: CommitOutcome): void => {
    if (outcome.is === 'proposed') {
      write(
        command('notice', { title: `Tagboat ${delivery} proposed` }, `Waiting for review: ${outcome.pullRequest.url}`),
      );
    }
    if (outcome.is !== 'superseded' && outcome.is !== 'held') return;
    const until = outcome.is === 'held' && outcome.until !== undefined ? ` until ${outcome.until}` : '';
    write(
      command('notice', { title: `Tagboat ${delivery} ${outcome.is}` }, `By ${outcome.by}${until}: ${outcome.why}`),
    );
  };
  return {
    tell: (event) => {
      if (event.type === 'notice' && event.level === 'warning') write(command('warning', {}, event.message));
      if (event.type === 'image.failed' || event.type === 'commit.failed') failures.push(event);
      if (event.type === 'commit.finished') tellEnd(event.delivery, event.outcome);
      if (event.type === 'finding' && event.severity !== 'note')
        write(annotation(ofOurs(event, isOurs), event.severity, event.fix));
      if (event.type !== 'result') return;
      // The result lists every error, whatever was told before it; what hit several images is one.
      for (const cause of causesOf(failures, event.errors)) {
        const { place, ...error } = { ...cause.error, message: hitWords(cause) + cause.error.message };
        const shown = cause.elsewhere ? error : ofOurs({ ...error, place }, isOurs);
        write(annotation(shown, 'error', error.hint));
      }
    },
    close: () => undefined,
  };
}

/** GitHub shows an annotation in a file of the checkout, or nowhere near anything. */
function ofOurs<T extends Pick<ErrorReport, 'place'>>(told: T, isOurs: (file: string) => boolean): T {
  return told.place === undefined || isOurs(told.place.file) ? told : { ...told, place: undefined };
}

function annotation(
  error: Pick<ErrorReport, 'message' | 'place'> & { readonly code: string },
  kind: 'error' | 'warning',
  hint: string,
): string {
  const { place } = error;
  const properties = {
    title: `Tagboat ${error.code}`,
    file: place?.file,
    line: place?.line,
    col: place?.column,
  };
  return command(kind, properties, `${error.message}\n${hint}`);
}

/** One workflow command. Percent-escapes are the runner's own (actions/toolkit, core/command). */
export function command(
  name: string,
  properties: Readonly<Record<string, string | number | undefined>>,
  message: string,
): string {
  const listed = Object.entries(properties).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${escapeProperty(cleaned(String(value)))}`],
  );
  return `::${name}${listed.length === 0 ? '' : ` ${listed.join(',')}`}::${escapeData(cleaned(message))}\n`;
}

/** Tells the runner to blank a value in everything it logs from here on. The value is taken as it is. */
export function maskCommand(secret: string): string {
  return `::add-mask::${escapeData(secret)}\n`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
