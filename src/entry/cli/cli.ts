import { connectAhead } from '../../wire/http/ahead.ts';
import { version } from '../run/version.ts';
import { firstPeer } from './first-peer.ts';

// Asked for its version it must answer at once; everything else is loaded only when it is used.
const [first, second] = process.argv.slice(2);
if (asksVersion(first) || (first !== undefined && !first.startsWith('-') && asksVersion(second))) {
  process.stdout.write(`${version}\n`);
} else {
  const peer = firstPeer(process.argv.slice(2), process.env);
  if (peer !== undefined) connectAhead(peer);
  const { main } = await import('./main.ts');
  // The SDK is bundled with the version that was tested here; its own outlook on Node versions is no user's business.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  process.exit(await main(process.argv.slice(2)));
}

function asksVersion(argument: string | undefined): boolean {
  return argument === '--version' || argument === '-V';
}
