import { createCipheriv, createHash } from 'node:crypto';

/** One file of the app repo that is built. */
export interface AppFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** An image of the app repo: the workflow that Tagboat replaces builds these three from the same context. */
export interface AppImage {
  readonly name: string;
  readonly repository: string;
  readonly dockerfile: string;
  readonly text: string;
}

/** Where the base image is kept in the registry. */
export const base = { repository: 'base', tag: '1' } as const;

const from = `ARG REGISTRY\nFROM \${REGISTRY}/${base.repository}:${base.tag}\n`;

export const appImages: readonly AppImage[] = [
  {
    name: 'app',
    repository: 'app-repo',
    dockerfile: 'build/app/Dockerfile.prod',
    text: `${from}WORKDIR /srv/app
COPY app/package.json ./
COPY app/vendor/ ./vendor/
COPY app/lib/ ./lib/
ENV NODE_ENV=production
USER 1000
EXPOSE 8080
CMD ["/srv/app/lib/server"]
`,
  },
  {
    name: 'web',
    repository: 'web-repo',
    dockerfile: 'build/web/Dockerfile',
    text: `${from}COPY build/web/site.conf /etc/site.conf
COPY web/ /usr/share/site/
EXPOSE 80
CMD ["/usr/sbin/httpd"]
`,
  },
  {
    name: 'migration',
    repository: 'migration-repo',
    dockerfile: 'build/migration/Dockerfile',
    text: `${from}COPY migrations/ /migrations/
COPY app/package.json /migrations/package.json
ENTRYPOINT ["/usr/bin/migrate"]
CMD ["up"]
`,
  },
];

/** Everything in the app repo but Tagboat's own config: 20 MB in some 1,500 files. Always the same bytes. */
export function* appFiles(): Generator<AppFile> {
  for (const image of appImages) yield { path: image.dockerfile, bytes: Buffer.from(image.text) };
  yield { path: 'build/web/site.conf', bytes: Buffer.from('root /usr/share/site\nlisten 80\n') };
  yield { path: 'app/package.json', bytes: Buffer.from('{ "name": "shop", "private": true }\n') };
  yield* folder('app/vendor', 'js', 800, 11_000, code);
  yield* folder('app/lib', 'js', 300, 8_000, code);
  yield* folder('web/js', 'js', 60, 40_000, code);
  // Pictures and fonts don't compress.
  yield* folder('web/img', 'webp', 90, 50_000, noise);
  yield* folder('migrations', 'sql', 250, 6_000, code);
}

/** The file that a change touches: one of the application's own. */
export const changedFile = 'app/lib/0007.js';

/** The base image's file system, 30 MB that hardly compress, as an operating system and a runtime do. */
export function* baseFiles(): Generator<AppFile> {
  yield* folder('usr/lib', 'so', 60, 500_000, noise);
}

function* folder(
  path: string,
  ending: string,
  count: number,
  size: number,
  content: (seed: string, size: number) => Uint8Array,
): Generator<AppFile> {
  for (let index = 0; index < count; index += 1) {
    const file = `${path}/${String(index).padStart(4, '0')}.${ending}`;
    // Sizes from a quarter to seven quarters of the mean.
    const share = 0.25 + (1.5 * (createHash('sha256').update(file).digest()[0] ?? 0)) / 255;
    yield { path: file, bytes: content(file, Math.round(size * share)) };
  }
}

function noise(seed: string, size: number): Uint8Array {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

const words =
  'const let return function await import from export if else for of new this value list order price item total user cart'.split(
    ' ',
  );

/** Text that compresses about as well as source code does. */
function code(seed: string, size: number): Uint8Array {
  const random = noise(seed, size);
  let text = '';
  for (let at = 0; text.length < size; at += 1) {
    const byte = random[at % size] ?? 0;
    text += `${words[byte % words.length]}${byte > 230 ? `_${at}${byte}` : ''}${byte % 8 === 0 ? ';\n' : ' '}`;
  }
  return Buffer.from(text.slice(0, size));
}
