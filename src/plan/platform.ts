/**
 * The platforms that there are, by Go's names, as the OCI image spec has them (image-index.md): `go tool dist list`, and
 * containerd's older name for WebAssembly.
 */
export const platformNames: Readonly<Record<string, readonly string[]>> = {
  linux: words('amd64 arm64 arm 386 riscv64 ppc64le ppc64 s390x loong64 mips64le mips64 mipsle mips'),
  windows: words('amd64 arm64 arm 386'),
  darwin: words('amd64 arm64'),
  freebsd: words('amd64 arm64 arm 386 riscv64'),
  netbsd: words('amd64 arm64 arm 386'),
  openbsd: words('amd64 arm64 arm 386 riscv64 ppc64'),
  dragonfly: words('amd64'),
  solaris: words('amd64'),
  illumos: words('amd64'),
  aix: words('ppc64'),
  android: words('amd64 arm64 arm 386'),
  ios: words('amd64 arm64'),
  plan9: words('amd64 arm 386'),
  js: words('wasm'),
  wasip1: words('wasm'),
  wasi: words('wasm'),
};

/** The variants of an architecture, as a pattern's text; others have none. */
export const platformVariants: Readonly<Record<string, string>> = {
  amd64: 'v[1-4]',
  arm64: 'v(?:8|9)(?:\\.[0-9])?',
  arm: 'v[5-8]',
};

function words(text: string): readonly string[] {
  return text.split(' ');
}
