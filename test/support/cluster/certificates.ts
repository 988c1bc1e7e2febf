import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files of a CA, a server certificate for loopback that it signed, and a key for service accounts. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly serviceAccountKey: string;
}

/** Made by openssl in the folder, valid for two days. */
export function makeCertificates(dir: string): Certificates {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...curve,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=Cluster test CA',
    '-days',
    '2',
  );
  openssl('req', '-new', ...curve, '-keyout', 'host.key', '-out', 'host.csr', '-subj', '/CN=cluster');
  writeFileSync(
    join(dir, 'host.ext'),
    'subjectAltName=IP:127.0.0.1,IP:10.0.0.1,DNS:localhost,DNS:kubernetes.default.svc\n',
  );
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'host.ext'];
  openssl('x509', '-req', '-in', 'host.csr', '-out', 'host.pem', ...signed);
  openssl('genrsa', '-out', 'accounts.key', '2048');
  const file = (name: string) => join(dir, name);
  return { ca: file('ca.pem'), cert: file('host.pem'), key: file('host.key'), serviceAccountKey: file('accounts.key') };
}
