# Tagboat for CI systems whose jobs run in images: a shell, git, certificates. `npm run release -- --check` makes what it
# copies (Debian's packages unpacked, node's binary, the npm package) and has Tagboat itself assemble it: nothing runs.
FROM scratch
ARG TARGETARCH
COPY rootfs-${TARGETARCH}/ /
COPY node-${TARGETARCH}/node /usr/bin/node
COPY package/ /usr/lib/tagboat/
ENV PATH=/usr/local/bin:/usr/bin HOME=/home/tagboat LANG=C.UTF-8
USER 1000:1000
WORKDIR /work
CMD ["tagboat", "--help"]
