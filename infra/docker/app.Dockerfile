# Workers, command line and provisioning: one image, built and then stripped of what only building needs.
ARG NODE_IMAGE=docker.io/library/node:22-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node infra/build.js

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY cli/streamsage.js cli/
COPY infra infra
USER 1000:1000
# Node is process 1 and hears SIGTERM itself.
ENTRYPOINT ["node"]
CMD ["cli/streamsage.js", "--help"]
