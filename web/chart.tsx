import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** Bars over a category axis. Its numbers are said in words to whoever can't see it. */
export function Bars(props: {
  label: string;
  names: readonly string[];
  values: readonly number[];
  bad?: readonly number[];
}) {
  const box = useRef<HTMLDivElement>(null);
  const { names, values, bad } = props;
  const key = JSON.stringify([names, values, bad]);
  useEffect(() => {
    const parent = box.current;
    if (parent === null) return;
    let plot: uPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      const color = (name: string) => getComputedStyle(parent).getPropertyValue(name).trim();
      const [ink, line, muted, warn] = ['--bar', '--line', '--muted', '--bad'].map(color);
      const paths = uPlot.paths.bars?.({ size: [0.72, 36] });
      const bars = (fill: string | undefined): uPlot.Series => ({
        fill: fill ?? '',
        width: 0,
        points: { show: false },
        ...(paths && { paths }),
      });
      plot = new uPlot(
        {
          width: parent.clientWidth,
          height: 150,
          legend: { show: false },
          cursor: { show: false },
          scales: {
            x: { time: false, range: [-0.7, names.length - 0.3] },
            y: { range: (_, __, max) => [0, Math.max(1, max)] },
          },
          series: [{}, bars(ink), ...(bad ? [bars(warn)] : [])],
          axes: [
            {
              stroke: muted ?? '',
              grid: { show: false },
              ticks: { show: false },
              size: 28,
              space: 64,
              incrs: [1, 2, 5, 7, 14, 30],
              values: (_, at) => at.map((one) => names[one] ?? ''),
            },
            {
              stroke: muted ?? '',
              grid: { stroke: line ?? '', width: 1 },
              ticks: { show: false },
              size: 34,
              incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
            },
          ],
        },
        [names.map((_, at) => at), [...values], ...(bad ? [[...bad]] : [])] as uPlot.AlignedData,
        parent,
      );
    };
    draw();
    const sized = new ResizeObserver(() => parent.clientWidth !== plot?.width && draw());
    sized.observe(parent);
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => {
      sized.disconnect();
      themed.disconnect();
      scheme.removeEventListener('change', draw);
      plot?.destroy();
    };
  }, [key]);
  return <div class="chart" ref={box} role="img" aria-label={props.label} />;
}
