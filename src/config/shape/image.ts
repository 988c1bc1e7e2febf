import * as z from 'zod';
import { patterns } from './patterns.ts';
import { ofSource } from './template.ts';

const text = (form: Readonly<Record<string, unknown>> = {}) => z.string().meta(form);

const tagWords =
  'The tag, a template: {commit} (the default), {shortCommit} (12 digits), {branch} (with "-" for what tags may not have), {commitTime} (UTC, 20240131T235959), {content} (what the image is made of: an image that nothing changed keeps its tag), {date} (of the run, UTC, 20240131), {pr} (the number of the pull request), {gitTag}, and of a git tag such as v1.2.3 {semver} (1.2.3), {major}, {minor}, {patch} and {major.minor}; of a pre-release (v1.2.3-rc.1) {semver} alone.';
/** The template of a tag. */
export const tag = () => text({ ...patterns.tag, default: '{commit}' }).describe(tagWords);

const marks = (what: string) =>
  z
    .record(text(patterns.mark), z.union([text(patterns.markValue), z.number(), z.boolean()]))
    .optional()
    .describe(what);

/** The keys that an image which something else builds may have besides. */
export const besideFrom: readonly string[] = ['platforms', 'require', 'check'];

const words = z.array(text(patterns.check)).min(1);

const serviceNames = (what: string) =>
  z
    .array(text(patterns.name))
    .min(1)
    .meta({ uniqueItems: true, examples: [['cart']] })
    .optional()
    .describe(what);

/** Of the images that one entry stands for. */
export const limits = (of: string) => ({
  only: serviceNames(`Of the images that ${of}, only these, by the names that {name} is. Default: all.`),
  except: serviceNames(`Of the images that ${of}, not these. Default: none is left out.`),
});

/** One image to build, or that something else builds. */
export const image = z.strictObject({
  ...limits('a pattern of folders stands for'),
  from: text(patterns.from)
    .optional()
    .describe(
      `The image that something else builds and pushes, by its name with its tag, its digest or both; a template: ${ofSource.map((one) => `{${one}}`).join(', ')}. It is looked up in its registry, for the platforms where they are named, and delivered as any other. Default: it is built here.`,
    ),
  repository: text(patterns.repository)
    .optional()
    .describe("The repository's name in the registry. Default: the image's name."),
  reuseFrom: z
    .array(text(patterns.reuseFrom))
    .min(1)
    .max(8)
    .meta({ uniqueItems: true })
    .optional()
    .describe(
      'Other repositories of the same registry, named as repository is: an image of the same input that one of them has is taken over, with its layers, instead of being built. Whoever may push there decides what is in it.',
    ),
  dockerfile: text(patterns.innerPath)
    .optional()
    .describe("The Dockerfile, from the app repo's root. Default: Dockerfile in the context's folder."),
  context: text({ ...patterns.innerPath, default: '.' })
    .optional()
    .describe("The build context, from the app repo's root. Default: the root."),
  contexts: z
    .record(text(patterns.contextName), text(patterns.context))
    .optional()
    .describe(
      "More build contexts by their names, for FROM, COPY --from and RUN --mount=from: a folder from the app repo's root, docker-image://NAME, oci-layout://FOLDER[:TAG][@DIGEST], or what the builder fetches (https://…, git://…, git@…). For the engines buildx and assemble.",
    ),
  target: text(patterns.word).optional().describe('The stage to build. Default: the last.'),
  args: z
    .record(text(patterns.argument), z.union([text(), z.number(), z.boolean()]))
    .optional()
    .describe('Build arguments. No secrets: they stay in the image.'),
  platforms: z
    .array(text(patterns.platform))
    .min(1)
    .meta({ uniqueItems: true, default: ['linux/amd64'] })
    .optional()
    .describe('Platforms. Default linux/amd64.'),
  engine: z
    .enum(['auto', 'buildx', 'docker', 'buildah', 'assemble'])
    .optional()
    .describe(
      'What builds it. auto (the default) takes what the Dockerfile needs and the machine has; assemble needs no daemon, and no RUN.',
    ),
  refresh: text(patterns.refresh)
    .optional()
    .describe(
      'Build it again, although nothing that decides it changed, when the image is older than this: 7d, 12h, or always. For Dockerfiles whose RUN steps fetch things. Default: never.',
    ),
  builder: z
    .union([
      text(patterns.builder),
      z.strictObject({
        address: text(patterns.address).describe('Of the daemon: tcp://host:port.'),
        ca: text(patterns.file).describe("The file of the CA that signed the daemon's certificate."),
        cert: text(patterns.file).optional().describe('The file of the certificate that the daemon knows us by.'),
        key: text(patterns.file).optional().describe("The file of that certificate's key."),
        serverName: text(patterns.serverName)
          .optional()
          .describe("The name in the daemon's certificate. Default: the address's host."),
      }),
    ])
    .optional()
    .describe(
      "For the engine buildx: a builder's name, or the address of a BuildKit daemon, tcp://host:port or unix:///path; a map for one that is reached by TLS, its files absolute or from the app repo's root.",
    ),
  compression: z
    .enum(['gzip', 'zstd'])
    .optional()
    .describe(
      'How layers are compressed. zstd is smaller and faster to unpack; assemble needs Node.js 22.15 for it. Default gzip.',
    ),
  sign: z
    .union([
      z.boolean(),
      z.strictObject({
        fulcio: text({ ...patterns.sign, default: 'https://fulcio.sigstore.dev' })
          .optional()
          .describe('URL of the certificate authority. Default https://fulcio.sigstore.dev.'),
        rekor: text({ ...patterns.sign, default: 'https://rekor.sigstore.dev' })
          .optional()
          .describe('URL of the log. Default https://rekor.sigstore.dev.'),
      }),
    ])
    .optional()
    .describe(
      "Sign the image with the job's identity (sigstore, keyless), and keep the signature beside it; a map names another certificate authority and log by their URLs. Default false.",
    ),
  attest: z
    .strictObject({
      sbom: z
        .union([z.boolean(), text(patterns.sbom)])
        .optional()
        .describe("A list of what is in the image; a text names the generator's image. Default false."),
      provenance: z
        .union([z.enum(['max', 'min']), z.literal(false)])
        .optional()
        .describe('How it was built (SLSA); max tells build arguments and sources too. Default false.'),
    })
    .optional()
    .describe('Attestations that BuildKit puts beside the image, in its index. For the engine buildx.'),
  require: z
    .strictObject({
      signed: z
        .strictObject({
          issuer: text(patterns.issuer).describe(
            "The OpenID Connect issuer of whoever signs: GitHub Actions' is https://token.actions.githubusercontent.com.",
          ),
          subject: text(patterns.subject).describe(
            "The certificate's name, a pattern: * up to a slash, ** anything. Of a GitHub workflow, https://github.com/OWNER/NAME/.github/workflows/FILE@REF.",
          ),
          trustRoot: text(patterns.file).describe(
            "The file of sigstore's trusted root (trusted_root.json), absolute or from the app repo's root: what certificates and logs are held against.",
          ),
        })
        .optional()
        .describe('A signature beside the image (a sigstore bundle), by this identity. Default: none is looked for.'),
      sbom: z
        .boolean()
        .optional()
        .describe("A list of contents in the image's index, for each platform. Default false: none is looked for."),
    })
    .optional()
    .describe(
      'What the image must have to be delivered, whether it was built, reused or comes from elsewhere. Without it, nothing is committed.',
    ),
  check: z
    .union([words, z.array(words).min(1)])
    .optional()
    .describe(
      'A program with its arguments, or a list of them, that must end well before the image is delivered: a scanner. {image} is its name with its digest, {digest} the digest alone. Run without a shell in the app repo, with the credentials for the registry in DOCKER_CONFIG; its output is in the log. Default: none.',
    ),
  cache: z
    .boolean()
    .optional()
    .describe(
      'Keep what later builds can use beside the image, under the tag cache-NAME-BRANCH: layers for assemble, a build cache for buildx. Default true.',
    ),
  tag: tag().optional(),
  secrets: z
    .record(
      text(patterns.secretId),
      z.union([
        text(patterns.secret),
        z.strictObject({
          env: text({ ...patterns.variable, examples: ['NPM_TOKEN'] })
            .optional()
            .describe('NAME of the variable that has it.'),
          src: text(patterns.file).optional().describe("The file that is it, absolute or from the app repo's root."),
        }),
      ]),
    )
    .optional()
    .describe(
      'Secrets for RUN --mount=type=secret, by their ids: { env: NAME } or { src: FILE }, or in short env=NAME, src=FILE. Their content is in no argument, layer, log, cache or fingerprint. For the engines buildx, docker and buildah.',
    ),
  ssh: z
    .union([z.literal('default'), z.record(text(patterns.secretId), text({ ...patterns.file, examples: ['agent'] }))])
    .optional()
    .describe(
      'For RUN --mount=type=ssh: default is the agent at SSH_AUTH_SOCK; a map names keys by their ids, each the file of a key without passphrase, or agent. For the engines buildx, docker and buildah.',
    ),
  tags: z
    .array(z.union([text(patterns.moreTag), z.number()]))
    .min(1)
    .max(64)
    .meta({ uniqueItems: true, examples: [['{semver}', '{major.minor}', '{major}']] })
    .optional()
    .describe(
      'More tags of the same image, templates as `tag` is. One whose variable is unknown in a run (no git tag, no pull request) is left out then. A tag that is there already is moved.',
    ),
  labels: marks(
    "Labels of the image's config, by name: templates, with {tag} for the image's own tag too. They go before the Dockerfile's LABEL. One whose variable is unknown in a run is left out then.",
  ),
  annotations: marks(
    "Annotations of the image's manifest, and of its index where it has one (not with buildah), by name: templates as `labels` are. They go before those that are filled in. For the engines buildx, assemble and buildah.",
  ),
});

export type ImageShape = z.infer<typeof image>;
