import { version } from '../run/version.ts';

// Asked for its version it must answer at once; everything else is loaded only when it is used.
const [first, second] = process.argv.slice(2);
if (asksVersion(first) || (first !== undefined && !first.startsWith('-') && asksVersion(second))) {
  process.stdout.write(`${version}\n`);
} else {
  const { main } = await import('./main.ts');
  await main(process.argv.slice(2));
}

function asksVersion(argument: string | undefined): boolean {
  return argument === '--version' || argument === '-V';
}
