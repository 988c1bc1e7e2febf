import { Misread } from '../dockerfile/invalid.ts';

// Every port of every protocol, and room for those that are named twice.
const mostPorts = 4 * 3 * 65_536;

/** The ports that words of EXPOSE mean, as the config names them: `80`, `53/udp`, `8000-8010/tcp`. Throws Misread. */
export function readPorts(words: readonly string[]): string[] {
  let left = mostPorts;
  return [...new Set(words)].flatMap((word) => {
    const ports = portsOf(word);
    left -= ports.length;
    if (left < 0) throw new Misread('EXPOSE names more ports than there are');
    return ports;
  });
}

function portsOf(text: string): string[] {
  // `ip:host:container` is allowed and only the last part counts.
  const [range = '', protocol = 'tcp', ...more] = text.slice(text.lastIndexOf(':') + 1).split('/');
  const [first = '', last = first, ...others] = range.split('-');
  const kind = (protocol === '' ? 'tcp' : protocol).toLowerCase();
  const from = portOf(first);
  const to = portOf(last);
  if (from === undefined || to === undefined || to < from || more.length > 0 || others.length > 0) {
    throw new Misread(`${JSON.stringify(text)} is no port or range of ports`);
  }
  if (!['tcp', 'udp', 'sctp'].includes(kind))
    throw new Misread(`${JSON.stringify(text)} has a protocol other than tcp, udp and sctp`);
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}/${kind}`);
}

function portOf(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65_535 ? port : undefined;
}

const signals = new Set(
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX'.split(
    ' ',
  ),
);

/** Whether STOPSIGNAL may say this: a number or a name, with or without SIG (signal(7)). */
export function isSignal(text: string): boolean {
  if (/^[+-]?\d+$/.test(text)) return Number(text) !== 0;
  const name = text.toUpperCase().replace(/^SIG/, '');
  return signals.has(name) || /^RTM(?:IN\+(?:[1-9]|1[0-5])|AX-(?:[1-9]|1[0-4]))$/.test(name);
}
