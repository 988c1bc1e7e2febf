import type { ErrorReport } from '../../errors.ts';
import type { Happening } from '../../events.ts';

/** What options of the command line are in the Action. */
const inputs: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    'config app jobs rebuild force ref repo branch set message author via create application timeout sync server to why until path'
      .split(' ')
      .map((name) => [`--${name}`, `the input ${name}`]),
  ),
  '--commit': 'the input config-commit',
  '--delivery': 'the input deliveries',
  '--image': 'the input images',
  '--allow-nothing': 'allow-nothing: true',
  '--all': 'all: true',
  '--check': 'check: true',
  '--due': 'due: true',
  '--comment': 'comment: true',
  '--render': 'render: true',
  '--no-render': 'render: false',
  '--wait-merge': 'wait-merge: 30m',
  '--no-queue': 'queue: false',
  '--quiet': 'the input quiet',
};

/** What happens in a run, told to people who wrote inputs and no command line. */
export function inWordsOfInputs(happening: Happening): Happening {
  switch (happening.type) {
    case 'notice':
      return { ...happening, message: ofInputs(happening.message) };
    case 'image.failed':
    case 'commit.failed':
    case 'verdict.failed':
      return { ...happening, error: reportOfInputs(happening.error) };
    case 'result':
      return { ...happening, errors: happening.errors.map(reportOfInputs) };
    default:
      return happening;
  }
}

function reportOfInputs(report: ErrorReport): ErrorReport {
  const { message, hint, place } = report;
  const where = place?.file.startsWith('--') ? { ...place, file: ofInputs(place.file) } : place;
  return { ...report, message: ofInputs(message), hint: ofInputs(hint), ...(where && { place: where }) };
}

function ofInputs(text: string): string {
  return text
    .replace(/`tagboat (?:[a-z]+ )?--help`/g, "the inputs in Tagboat's action.yml")
    .replace(/`tagboat ([a-z]+) --repo URL --set …`/g, 'the command $1 with the inputs repo and set')
    .replace(/tagboat promote (?:FROM TO|staging production)/g, 'the inputs from and to')
    .replace(/(?<![\w-])--[a-z]+(?:-[a-z]+)*/g, (flag) => inputs[flag] ?? flag)
    .replace(/^the /, 'The ');
}
