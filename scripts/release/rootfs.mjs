// What stands below Tagboat in its container image: Debian's own packages, unpacked. No build step runs, so that one
// machine makes the image of every platform, and Tagboat can assemble it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A shell and its tools for CI systems that run scripts in the image, git, certificates, and what node's binary needs. */
const wanted = [
  'base-files',
  'bash',
  'dash',
  'coreutils',
  'findutils',
  'grep',
  'sed',
  'git',
  'ca-certificates',
  'libstdc++6',
];
/** Only for setting up packages, or for parts of git that are scripts in Perl. */
const unneeded =
  /^(?:perl.*|libperl.*|debconf|dpkg|tar|openssl|liberror-perl|git-man|libgdbm.*|libdb5.*|gcc-.*-base|install-info|.*awk)$/;

/** Unpacks the packages for one architecture (Debian's word: amd64, arm64) into `rootfs`; `work` keeps what was fetched. */
export function makeRootfs(rootfs, arch, work) {
  const apt = aptFor(arch, work);
  const plan = apt('apt-get', 'install', '--simulate', '--no-install-recommends', ...wanted);
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name).filter((name) => !unneeded.test(name));
  const debs = join(work, `debs-${arch}`);
  mkdirSync(debs, { recursive: true });
  apt('apt-get', 'download', ...names);
  rmSync(rootfs, { recursive: true, force: true });
  for (const folder of ['usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'tmp', 'home/tagboat', 'builds', 'work'])
    mkdirSync(join(rootfs, folder), { recursive: true });
  for (const link of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${link}`, join(rootfs, link));
  for (const deb of readdirSync(debs)
    .filter((name) => name.endsWith('.deb'))
    .sort()) {
    const tar = execFileSync('dpkg-deb', ['--fsys-tarfile', join(debs, deb)], { maxBuffer: 1 << 30 });
    execFileSync('tar', ['-x', '--keep-directory-symlink', '--no-same-owner', '-C', rootfs], { input: tar });
  }
  for (const folder of ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/info'])
    rmSync(join(rootfs, folder), { recursive: true, force: true });
  execFileSync('ln', ['-sf', 'dash', join(rootfs, 'usr/bin/sh')]);
  execFileSync('chmod', ['1777', join(rootfs, 'tmp'), join(rootfs, 'builds'), join(rootfs, 'work')]);
  writeFileSync(
    join(rootfs, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/bash\ntagboat:x:1000:1000::/home/tagboat:/bin/bash\n',
  );
  writeFileSync(join(rootfs, 'etc/group'), 'root:x:0:\ntagboat:x:1000:\n');
  symlinkSync('../lib/tagboat/bin/tagboat', join(rootfs, 'usr/bin/tagboat'));
  execFileSync('chmod', ['777', join(rootfs, 'home/tagboat')]);
  // The checkout is another user's: CI systems make it as root.
  writeFileSync(join(rootfs, 'etc/gitconfig'), '[safe]\n\tdirectory = *\n');
  trustAll(rootfs);
}

/** What update-ca-certificates would write. */
function trustAll(rootfs) {
  const from = join(rootfs, 'usr/share/ca-certificates/mozilla');
  const all = readdirSync(from)
    .sort()
    .map((name) => readFileSync(join(from, name), 'utf8').trimEnd());
  mkdirSync(join(rootfs, 'etc/ssl/certs'), { recursive: true });
  writeFileSync(join(rootfs, 'etc/ssl/certs/ca-certificates.crt'), `${all.join('\n')}\n`);
}

/** apt for another architecture, with lists and a state of its own: nothing of this machine's is changed. */
function aptFor(arch, work) {
  const state = join(work, `apt-${arch}`);
  mkdirSync(join(state, 'lists/partial'), { recursive: true });
  mkdirSync(join(state, 'cache/archives/partial'), { recursive: true });
  const status = join(state, 'status');
  writeFileSync(status, '');
  const settings = {
    'APT::Architecture': arch,
    'APT::Architectures': arch,
    'Dir::State::status': status,
    'Dir::State::lists': join(state, 'lists'),
    'Dir::Cache': join(state, 'cache'),
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const apt = (program, verb, ...args) => {
    const cwd = verb === 'download' ? join(work, `debs-${arch}`) : state;
    return execFileSync(program, [...options, verb, ...args], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
    });
  };
  apt('apt-get', 'update', '--quiet');
  return apt;
}
