# syntax=docker/dockerfile:1
# The pages, and the door that stands before a whole install where there is no other proxy.
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

FROM packages AS build
RUN --mount=type=cache,target=/pnpm-store \
  pnpm install --frozen-lockfile --prefer-offline --store-dir /pnpm-store --filter @kilat/web...
COPY services/contract services/contract
COPY web web
RUN pnpm --filter @kilat/web run build

FROM packages AS door
RUN --mount=type=cache,target=/pnpm-store \
  pnpm install --prod --no-optional --frozen-lockfile --prefer-offline --store-dir /pnpm-store --filter kilat \
  && pnpm sbom --sbom-format cyclonedx --sbom-type application --filter kilat --filter @kilat/web --out sbom.cdx.json

FROM ${BASE}
WORKDIR /app
COPY --from=door /app/package.json /app/sbom.cdx.json ./
COPY --from=door /app/node_modules node_modules
COPY --from=build /app/web/build web/build
COPY deploy/local/proxy.ts deploy/local/
COPY deploy/images/door.ts deploy/images/
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Kilat's pages" \
  org.opencontainers.image.description="Live event photography, self-hosted: studio and gallery" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  kilat.sbom="/app/sbom.cdx.json"
USER 1000:1000
EXPOSE 3000
ENTRYPOINT ["node"]
CMD ["web/build/index.js"]
