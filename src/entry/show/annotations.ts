import type { ErrorReport } from '../../errors.ts';
import type { CommitOutcome } from '../../plan/outcome.ts';
import { cleaned } from './printable.ts';
import type { EventSink } from './sink.ts';

/** Marks errors and warnings in GitHub's own interface, at their place in a file where they have one. */
export function createAnnotations(write: (text: string) => void): EventSink {
  /** A run that is done and wrote nothing, though there was something to write, must not go unseen. */
  const tellEnd = (delivery: string, outcome: CommitOutcome): void => {
    if (outcome.is !== 'superseded' && outcome.is !== 'held') return;
    const until = outcome.is === 'held' && outcome.until !== undefined ? ` until ${outcome.until}` : '';
    write(
      command('notice', { title: `Tagboat ${delivery} ${outcome.is}` }, `By ${outcome.by}${until}: ${outcome.why}`),
    );
  };
  return {
    tell: (event) => {
      if (event.type === 'notice' && event.level === 'warning') write(command('warning', {}, event.message));
      if (event.type === 'commit.finished') tellEnd(event.delivery, event.outcome);
      if (event.type === 'finding' && event.severity !== 'note') write(annotation(event, event.severity, event.fix));
      // The result lists every error once, whatever was told before it.
      if (event.type === 'result') for (const error of event.errors) write(annotation(error, 'error', error.hint));
    },
    close: () => undefined,
  };
}

function annotation(
  error: Pick<ErrorReport, 'message' | 'place'> & { readonly code: string },
  kind: 'error' | 'warning',
  hint: string,
): string {
  const { place } = error;
  const properties = {
    title: `Tagboat ${error.code}`,
    ...(place === undefined ? {} : { file: place.file }),
    ...(place?.line === undefined ? {} : { line: String(place.line) }),
    ...(place?.column === undefined ? {} : { col: String(place.column) }),
  };
  return command(kind, properties, `${error.message}\n${hint}`);
}

/** One workflow command. Percent-escapes are the runner's own (actions/toolkit, core/command). */
export function command(name: string, properties: Readonly<Record<string, string>>, message: string): string {
  const listed = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(cleaned(value))}`);
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
