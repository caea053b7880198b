# Workers, command line and set-up: one image, with what runs and nothing else.
ARG NODE_IMAGE=docker.io/library/node:22.23.3-bookworm-slim

FROM ${NODE_IMAGE} AS build
ENV npm_config_cache=/cache/npm
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,id=streamsage-npm,target=/cache/npm npm ci --no-audit --no-fund
COPY . .
# The benchmarks are compiled with the rest, and not run here.
RUN node infra/build.js && \
    rm -r dist/bench dist/.tsbuildinfo && find dist -type f \( -name '*.js.map' -o -name '*.d.ts' \) -delete

FROM ${NODE_IMAGE} AS dependencies
ENV npm_config_cache=/cache/npm
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# TensorFlow has an image of its own (gpu.Dockerfile). The Temporal SDK carries its native part for five platforms.
RUN --mount=type=cache,id=streamsage-npm,target=/cache/npm npm ci --omit=dev --no-audit --no-fund && \
    npm uninstall --no-save --omit=dev @tensorflow/tfjs-node-gpu node-api-headers && \
    case "$(uname -m)" in aarch64) kept=aarch64-unknown-linux-gnu ;; *) kept=x86_64-unknown-linux-gnu ;; esac && \
    cd node_modules && \
    find @temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$kept" -exec rm -r {} + && \
    rm -r @temporalio/core-bridge/sdk-core && \
    find . -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
# A volume takes its owner from the folder that it is first mounted on.
RUN install -d -o 1000 -g 1000 -m 0700 /credentials/admin /credentials/pipeline /credentials/database
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY cli/streamsage.js cli/
COPY infra/docker/make-credentials.js infra/docker/provision.js infra/docker/temporal-server.yaml infra/docker/
COPY infra/stack/minio-admin.js infra/stack/admin-encryption.js infra/stack/signature.js infra/stack/
COPY --from=build /app/dist dist
# Last: what changes with every commit makes no layer anew.
ARG VERSION=0.1.0
ARG COMMIT=
LABEL org.opencontainers.image.title="streamsage" \
      org.opencontainers.image.description="A durable machine-learning pipeline on Temporal: workers and command line" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
ENV STREAMSAGE_COMMIT=${COMMIT}
USER 1000:1000
# Node is process 1 and hears SIGTERM itself.
ENTRYPOINT ["node"]
CMD ["cli/streamsage.js", "--help"]
