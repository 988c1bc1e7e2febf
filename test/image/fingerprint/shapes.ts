// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfiles expand these, not this program.
import type { ImagePlan } from '../../../src/plan.ts';
import type { Files } from '../images.ts';

/** A Dockerfile built as those of well-known projects are, with a context around it, and the files that count. */
export interface Shape {
  readonly title: string;
  readonly dockerfile: string;
  readonly ignore?: string;
  /** Files of the context; each holds its own name. */
  readonly files: readonly string[];
  readonly counts: readonly string[];
  readonly more?: Partial<ImagePlan>;
  readonly extra?: Files;
}

const web = ['package.json', 'package-lock.json', 'src/index.ts', 'src/app/view.tsx', 'public/logo.svg', 'README.md'];
const go = ['go.mod', 'go.sum', 'cmd/server/main.go', 'internal/db/db.go', 'deploy/chart.yaml', 'docs/index.md'];
const rust = ['Cargo.toml', 'Cargo.lock', 'src/main.rs', 'benches/b.rs', 'target/debug/x'];
const python = ['pyproject.toml', 'requirements.txt', 'app/main.py', 'tests/test_main.py', '.venv/bin/python'];
const java = [
  'pom.xml',
  '.mvn/wrapper.properties',
  'mvnw',
  'src/main/java/A.java',
  'src/test/java/T.java',
  'target/a.jar',
];
const ruby = ['Gemfile', 'Gemfile.lock', 'config/puma.rb', 'app/models/a.rb', 'log/dev.log', 'tmp/x'];
const php = ['composer.json', 'composer.lock', 'public/index.php', 'src/Kernel.php', 'var/cache/x'];

export const shapes: readonly Shape[] = [
  {
    title: 'a Node service: dependencies first, then the source, then only the build',
    dockerfile: `FROM HOST/node:20 AS deps
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
FROM deps AS build
COPY src ./src
RUN npm run build
FROM HOST/node:20-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=deps /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
CMD ["node", "dist/index.js"]
`,
    files: web,
    counts: ['package.json', 'package-lock.json', 'src/index.ts', 'src/app/view.tsx'],
  },
  {
    title: 'a static site behind a web server',
    dockerfile: 'FROM HOST/nginx:1\nCOPY public /usr/share/nginx/html\nEXPOSE 80\n',
    files: web,
    counts: ['public/logo.svg'],
  },
  {
    title: 'the whole context with an ignore file',
    dockerfile: 'FROM HOST/node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\nCMD ["npm", "start"]\n',
    ignore: 'node_modules\n*.md\nDockerfile*\n.dockerignore\n',
    files: [...web, 'node_modules/a/index.js'],
    counts: web.filter((file) => file !== 'README.md'),
  },
  {
    title: 'an ignore file that lets in a few things',
    dockerfile: 'FROM HOST/node:20\nCOPY . /app\nRUN npm ci\n',
    ignore: '*\n!package*.json\n!src\n',
    files: web,
    counts: ['package.json', 'package-lock.json', 'src/index.ts', 'src/app/view.tsx'],
  },
  {
    title: 'a Go program on nothing, with caches',
    dockerfile: `FROM --platform=$BUILDPLATFORM HOST/golang:1.25 AS build
ARG TARGETOS TARGETARCH
WORKDIR /src
RUN --mount=type=bind,source=go.mod,target=go.mod --mount=type=bind,source=go.sum,target=go.sum go mod download
COPY cmd cmd
COPY internal internal
RUN --mount=type=cache,target=/root/.cache/go-build GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /out/server ./cmd/server
FROM scratch
COPY --from=build /out/server /server
ENTRYPOINT ["/server"]
`,
    files: go,
    counts: ['go.mod', 'go.sum', 'cmd/server/main.go', 'internal/db/db.go'],
    more: { platforms: ['linux/amd64', 'linux/arm64'] },
  },
  {
    title: 'a Go program with the whole context mounted',
    dockerfile:
      'FROM HOST/golang:1 AS build\nRUN --mount=target=. --mount=type=cache,target=/go/pkg go build -o /out ./cmd/...\nFROM HOST/static:1\nCOPY --from=build /out /bin/\n',
    ignore: 'docs\ndeploy\nDockerfile\n.dockerignore\n',
    files: go,
    counts: ['go.mod', 'go.sum', 'cmd/server/main.go', 'internal/db/db.go'],
  },
  {
    title: 'a Rust program whose dependencies are built before it',
    dockerfile: `FROM HOST/rust:1 AS chef
WORKDIR /app
FROM chef AS planner
COPY Cargo.toml Cargo.lock ./
COPY src src
RUN cargo chef prepare --recipe-path recipe.json
FROM chef AS builder
COPY --from=planner /app/recipe.json recipe.json
RUN cargo chef cook --release
COPY --exclude=**/*.tmp . .
RUN cargo build --release
FROM HOST/debian:stable-slim
COPY --from=builder /app/target/release/app /usr/local/bin/
`,
    ignore: 'target\nbenches\nDockerfile\n.dockerignore\n',
    files: [...rust, 'src/x.tmp'],
    // The planner takes all of src.
    counts: ['Cargo.toml', 'Cargo.lock', 'src/main.rs', 'src/x.tmp'],
  },
  {
    title: 'a Python service with a virtual environment',
    dockerfile: `FROM HOST/python:3.13-slim AS base
ENV PYTHONUNBUFFERED=1 VIRTUAL_ENV=/venv
ENV PATH="$VIRTUAL_ENV/bin:$PATH"
FROM base AS build
COPY requirements.txt .
RUN python -m venv $VIRTUAL_ENV && pip install -r requirements.txt
FROM base
COPY --from=build $VIRTUAL_ENV $VIRTUAL_ENV
COPY app /app
HEALTHCHECK --interval=10s CMD ["python", "-m", "app.health"]
CMD ["uvicorn", "app.main:app"]
`,
    files: python,
    counts: ['requirements.txt', 'app/main.py'],
  },
  {
    title: 'a Python package by its lock, its tests in a target of their own',
    dockerfile: `FROM HOST/python:3.13 AS run
COPY pyproject.toml app/ /src/
RUN pip install /src
FROM run AS test
COPY tests /tests
RUN pytest /tests
FROM run AS final
`,
    files: python,
    counts: ['pyproject.toml', 'app/main.py'],
    more: { target: 'final' },
  },
  {
    title: 'the same, and the tests are the target',
    dockerfile:
      'FROM HOST/python:3.13 AS run\nCOPY pyproject.toml app/ /src/\nFROM run AS test\nCOPY tests /tests\nRUN pytest /tests\nFROM run AS final\n',
    files: python,
    counts: ['pyproject.toml', 'app/main.py', 'tests/test_main.py'],
    more: { target: 'test' },
  },
  {
    title: 'a Java service by layers of its jar',
    dockerfile: `FROM HOST/jdk:21 AS build
WORKDIR /w
COPY .mvn/ .mvn
COPY mvnw pom.xml ./
RUN ./mvnw dependency:go-offline
COPY src/main src/main
RUN ./mvnw package -DskipTests && java -Djarmode=layertools -jar target/a.jar extract
FROM HOST/jre:21
ARG LAYERS=/w
COPY --from=build \${LAYERS}/dependencies/ ./
COPY --from=build \${LAYERS}/application/ ./
ENTRYPOINT ["java", "org.springframework.boot.loader.launch.JarLauncher"]
`.replaceAll('\\$', '$'),
    files: java,
    counts: ['.mvn/wrapper.properties', 'mvnw', 'pom.xml', 'src/main/java/A.java'],
  },
  {
    title: 'a jar that was built outside',
    dockerfile:
      'FROM HOST/jre:21\nARG JAR_FILE=target/*.jar\nCOPY ${JAR_FILE} app.jar\nENTRYPOINT ["java", "-jar", "/app.jar"]\n',
    files: java,
    counts: ['target/a.jar'],
  },
  {
    title: 'a Rails app with its gems in a stage',
    dockerfile: `ARG RUBY_VERSION=3.4
FROM HOST/ruby:$RUBY_VERSION-slim AS base
WORKDIR /rails
ENV BUNDLE_PATH="/usr/local/bundle" RAILS_ENV="production"
FROM base AS build
COPY Gemfile Gemfile.lock ./
RUN bundle install && rm -rf ~/.bundle
COPY . .
RUN SECRET_KEY_BASE_DUMMY=1 ./bin/rails assets:precompile
FROM base
COPY --from=build "$BUNDLE_PATH" "$BUNDLE_PATH"
COPY --from=build /rails /rails
RUN groupadd --system --gid 1000 rails && chown -R rails:rails log tmp
USER 1000:1000
CMD ["./bin/rails", "server"]
`,
    ignore: '/log/*\n/tmp/*\n/.git*\nDockerfile\n.dockerignore\n',
    files: ruby,
    counts: ['Gemfile', 'Gemfile.lock', 'config/puma.rb', 'app/models/a.rb'],
  },
  {
    title: 'a PHP app with a tool copied from an image',
    dockerfile: `FROM HOST/php:8-fpm
COPY --from=HOST/composer:2 /usr/bin/composer /usr/bin/composer
COPY --link composer.* ./
RUN composer install --no-dev --no-scripts
COPY --link --parents src public /app/
`,
    files: php,
    counts: ['composer.json', 'composer.lock', 'src/Kernel.php', 'public/index.php'],
  },
  {
    title: 'a .NET service: projects before sources, by --parents',
    dockerfile: `FROM HOST/sdk:9 AS build
COPY --parents src/**/*.csproj ./
RUN dotnet restore src/Web/Web.csproj
COPY src src
RUN dotnet publish -o /out src/Web
FROM HOST/aspnet:9
COPY --from=build /out .
ENTRYPOINT ["dotnet", "Web.dll"]
`,
    files: ['src/Web/Web.csproj', 'src/Web/Program.cs', 'src/Lib/Lib.csproj', 'App.sln', 'tests/T.cs'],
    counts: ['src/Web/Web.csproj', 'src/Web/Program.cs', 'src/Lib/Lib.csproj'],
  },
  {
    title: 'a database with scripts and an entrypoint',
    dockerfile:
      'FROM HOST/debian:stable\nRUN apt-get update && apt-get install -y postgresql\nCOPY --chmod=755 docker-entrypoint.sh /usr/local/bin/\nCOPY init/*.sql /docker-entrypoint-initdb.d/\nVOLUME /var/lib/data\nSTOPSIGNAL SIGINT\nENTRYPOINT ["docker-entrypoint.sh"]\n',
    files: ['docker-entrypoint.sh', 'init/1.sql', 'init/2.sql', 'init/readme.txt', 'conf/x.conf'],
    counts: ['docker-entrypoint.sh', 'init/1.sql', 'init/2.sql'],
  },
  {
    title: 'a root filesystem from an archive',
    dockerfile: 'FROM scratch\nADD rootfs.tar.gz /\nCMD ["/bin/sh"]\n',
    files: ['rootfs.tar.gz', 'build.sh'],
    counts: ['rootfs.tar.gz'],
  },
  {
    title: 'a download with its checksum, and a source pinned by commit',
    dockerfile: `FROM HOST/alpine:3
ADD --checksum=sha256:${'1'.repeat(64)} https://example.test/tool.tgz /tool.tgz
ADD https://example.test/src.git#${'2'.repeat(40)} /src
COPY run.sh /
`,
    files: ['run.sh', 'other'],
    counts: ['run.sh'],
  },
  {
    title: 'configuration written inside the Dockerfile',
    dockerfile: `FROM HOST/caddy:2
ARG DOMAIN=localhost
COPY <<EOF /etc/caddy/Caddyfile
$DOMAIN
root * /srv
EOF
COPY --chown=33:33 site/ /srv/
`,
    files: ['site/index.html', 'site/css/a.css', 'notes.txt'],
    counts: ['site/index.html', 'site/css/a.css'],
    more: { args: { DOMAIN: 'example.test' } },
  },
  {
    title: 'a binary for each platform',
    dockerfile: 'FROM HOST/static:1\nARG TARGETPLATFORM\nCOPY dist/$TARGETPLATFORM/app /app\nENTRYPOINT ["/app"]\n',
    files: ['dist/linux/amd64/app', 'dist/linux/arm64/app', 'dist/windows/amd64/app'],
    counts: ['dist/linux/amd64/app', 'dist/linux/arm64/app'],
    more: { platforms: ['linux/amd64', 'linux/arm64'] },
  },
  {
    title: 'a development stage, and production chosen by an argument',
    dockerfile: `ARG MODE=prod
FROM HOST/node:20 AS dev
COPY dev dev
FROM HOST/node:20 AS prod
COPY prod prod
FROM \${MODE} AS final
COPY common common
`.replaceAll('\\$', '$'),
    files: ['dev/a', 'prod/b', 'common/c'],
    counts: ['prod/b', 'common/c'],
  },
  {
    title: 'secrets and ssh bring nothing from the context',
    dockerfile:
      'FROM HOST/node:20\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=ssh npm ci\nCOPY server.js .\n',
    files: ['server.js', '.npmrc', 'key.pem'],
    counts: ['server.js'],
  },
  {
    title: "a folder named by the base image's own variable",
    dockerfile: 'FROM HOST/with-env:1\nCOPY ${APP_DIR}/conf /etc/app/\n',
    files: ['service/conf/a', 'service/main', 'conf/b'],
    counts: ['service/conf/a'],
  },
];
