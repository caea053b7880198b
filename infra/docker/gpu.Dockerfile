# The training worker with TensorFlow. From the bottom: TensorFlow with its CUDA libraries, npm's packages, the code; a
# change of the code moves no gigabytes. Without a GPU: --build-arg TENSORFLOW=cpu takes the small wheel.
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

FROM ${NODE_IMAGE} AS tensorflow
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends g++ python3-pip >/dev/null && \
    rm -rf /var/lib/apt/lists/*
ENV npm_config_cache=/cache/npm
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,id=streamsage-npm,target=/cache/npm npm ci --no-audit --no-fund
# What infra/tensorflow.js imports, and no more: any other change fetches nothing again.
COPY infra/cache.js infra/command.js infra/dependencies.js infra/lock.js infra/missing.js infra/pieces.js \
     infra/tensorflow-wheels.js infra/tensorflow.js infra/unpack-wheels.py infra/
# gpu: with CUDA 12, 3.4 GB to fetch. cpu: 274 MB.
ARG TENSORFLOW=gpu
# What was fetched stays in a cache of the builder, so that another version of a package does not fetch it again.
RUN --mount=type=cache,id=streamsage-tensorflow,target=/cache/streamsage \
    STREAMSAGE_TENSORFLOW=${TENSORFLOW} STREAMSAGE_CACHE=/cache/streamsage node infra/tensorflow.js && \
    mkdir -p /opt/tensorflow && cp -a /cache/streamsage/tensorflow/*-${TENSORFLOW} /opt/tensorflow/ && \
    STREAMSAGE_TENSORFLOW=${TENSORFLOW} STREAMSAGE_CACHE=/opt node infra/tensorflow.js && \
    rm -rf /opt/tensorflow/*/libraries/tensorflow/include

FROM ${NODE_IMAGE} AS dependencies
ENV npm_config_cache=/cache/npm
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The Temporal SDK carries its native part for five platforms, tfjs its bundles for browsers.
RUN --mount=type=cache,id=streamsage-npm,target=/cache/npm npm ci --omit=dev --no-audit --no-fund && \
    case "$(uname -m)" in aarch64) kept=aarch64-unknown-linux-gnu ;; *) kept=x86_64-unknown-linux-gnu ;; esac && \
    cd node_modules && \
    find @temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$kept" -exec rm -r {} + && \
    rm -r @temporalio/core-bridge/sdk-core && \
    find . -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete
COPY --from=tensorflow /app/node_modules/@tensorflow/tfjs-node-gpu/lib node_modules/@tensorflow/tfjs-node-gpu/lib

FROM ${NODE_IMAGE}
COPY --from=tensorflow /opt/tensorflow /opt/tensorflow
# What the NVIDIA runtime brings in: the driver's libraries and nvidia-smi.
ENV NODE_ENV=production NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
RUN install -d -o 1000 -g 1000 -m 0700 /credentials/pipeline
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY --from=build /app/dist dist
# Last: what changes with every commit makes no layer anew.
ARG VERSION=0.1.0
ARG COMMIT=
LABEL org.opencontainers.image.title="streamsage-tensorflow" \
      org.opencontainers.image.description="StreamSage's training worker with TensorFlow" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
ENV STREAMSAGE_COMMIT=${COMMIT}
USER 1000:1000
# Node is process 1 and hears SIGTERM itself.
ENTRYPOINT ["node"]
CMD ["dist/workers/train-worker.js"]
