import type { DeliveryEvent } from '../../../events/json-event.ts';
import { cleaned } from '../printable.ts';

const columns: Readonly<Record<string, (entry: DeliveryEvent) => string | number | undefined>> = {
  landedAt: (one) => one.landedAt,
  is: (one) => one.is,
  delivery: (one) => one.delivery,
  services: (one) => one.services.join(' '),
  values: (one) => one.settings.map(({ file, path, value }) => `${file}:${path}=${value}`).join('\n'),
  source: (one) => one.source?.commit,
  subject: (one) => one.source?.subject ?? one.subject,
  who: (one) => (one.source?.author ?? one.author).name,
  leadSeconds: (one) => one.leadSeconds,
  healthySeconds: (one) => one.healthySeconds,
  why: (one) => one.why,
  commit: (one) => one.commit,
  repo: (one) => one.repo,
  branch: (one) => one.branch,
  run: (one) => one.run,
};

/** Entries as CSV (RFC 4180), with a line of names. A text that a spreadsheet would take for a formula begins with `'`. */
export function csvText(entries: readonly DeliveryEvent[]): string {
  const lines = entries.map((entry) => Object.values(columns).map((of) => cell(of(entry))));
  return [Object.keys(columns), ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

function cell(value: string | number | undefined): string {
  const text = cleaned(String(value ?? ''));
  // OWASP, "CSV Injection".
  const harmless = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
