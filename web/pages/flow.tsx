import { useMemo, useState } from 'preact/hooks';
import type { Board } from '../../src/events/board.ts';
import { measureFlow } from '../../src/events/flow.ts';
import { Bars } from '../chart.tsx';
import { Choice, names, span } from '../parts.tsx';

const steps = [60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800, 604_800];

/** How many of each length, in steps that grow: few minutes and many days fit on one line. */
function histogram(all: readonly number[]): { names: string[]; values: number[] } {
  const count = (from: number, to: number) => all.filter((one) => one >= from && one < to).length;
  return {
    names: [...steps.map((step) => `< ${span(step)}`), `≥ ${span(steps.at(-1) ?? 0)}`],
    values: [...steps, Number.POSITIVE_INFINITY].map((step, at) => count(steps[at - 1] ?? 0, step)),
  };
}

/** The four measures of DORA: what each counts, what it came to, and its picture. */
export function Flow({ board }: { board: Board }) {
  const [environment, setEnvironment] = useState('');
  const [days, setDays] = useState('30');
  const { entries } = board.history;
  const flow = useMemo(
    () =>
      measureFlow(
        entries.filter(({ delivery }) => environment === '' || delivery === environment),
        Date.parse(board.readAt),
        Number(days),
      ),
    [board, environment, days],
  );
  const { lead, restore, byDay } = flow;
  const leads = histogram(lead?.all ?? []);
  const restores = histogram(restore?.all ?? []);
  return (
    <>
      <form class="filters" aria-label="What is counted" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label="Environment"
          value={environment}
          of={names(board.deliveries.concat(entries.flatMap(({ delivery }) => delivery ?? [])))}
          set={setEnvironment}
        />
        <Choice
          label="Days"
          value={days}
          of={['7', '14', '30', '90', '180'].map((one) => [one, `last ${one}`] as const)}
          set={setDays}
        />
      </form>
      <div class="measures">
        <section>
          <h2>Deployment frequency</h2>
          <p class="figure">
            {flow.perDay.toFixed(flow.perDay < 1 ? 2 : 1)} <small>a day</small>
          </p>
          <p class="muted">
            {flow.changes} deliveries and promotions that landed in {flow.days} days. Rollbacks are none.
          </p>
          <Bars
            label={`Changes each day: ${byDay.map(({ day, changes }) => `${day} ${changes}`).join(', ')}`}
            names={byDay.map(({ day }) => day.slice(5))}
            values={byDay.map(({ changes }) => changes)}
            bad={byDay.map(({ failed }) => failed)}
          />
        </section>
        <section>
          <h2>Lead time for changes</h2>
          <p class="figure">
            {lead === undefined ? '–' : span(lead.p50)} <small>median</small>
          </p>
          <p class="muted">
            From the app repo's commit until it landed, or was healthy where that is known.
            {lead && ` Three of four within ${span(lead.p75)}, 95 % within ${span(lead.p95)}; ${lead.count} counted.`}
          </p>
          <Bars
            label={`Lead times: ${leads.names.map((name, at) => `${name}: ${leads.values[at]}`).join(', ')}`}
            {...leads}
          />
        </section>
        <section>
          <h2>Change failure rate</h2>
          <p class="figure">
            {(flow.failedShare * 100).toFixed(flow.failedShare > 0 && flow.failedShare < 0.1 ? 1 : 0)} <small>%</small>
          </p>
          <p class="muted">
            {flow.failed} of {flow.changes} changes were undone by a rollback: the newest before it in its environment.
          </p>
          <p class="share" role="img" aria-label={`${flow.failed} of ${flow.changes} failed`}>
            <span style={{ flexGrow: flow.changes - flow.failed || 1 }} />
            <span class="bad" style={{ flexGrow: flow.failed }} />
          </p>
        </section>
        <section>
          <h2>Time to restore</h2>
          <p class="figure">
            {restore === undefined ? '–' : span(restore.p50)} <small>median</small>
          </p>
          <p class="muted">
            From the landing of a change that failed to that of its rollback.
            {restore && ` ${restore.count} counted, the longest ${span(restore.all.at(-1) ?? 0)}.`}
          </p>
          <Bars
            label={`Times to restore: ${restores.names.map((name, at) => `${name}: ${restores.values[at]}`).join(', ')}`}
            {...restores}
          />
        </section>
      </div>
      <details class="data">
        <summary>The data</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Changes</th>
              <th scope="col">Failed</th>
            </tr>
          </thead>
          <tbody>
            {byDay.map(({ day, changes, failed }) => (
              <tr key={day}>
                <td>{day}</td>
                <td>{changes}</td>
                <td>{failed}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
