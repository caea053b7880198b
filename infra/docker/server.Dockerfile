# Servers, built from their pinned sources; Go's checksum database vouches for those.
ARG GO_IMAGE=docker.io/library/golang:1.26.8-bookworm
ARG RUNTIME_IMAGE=docker.io/library/debian:12.12-slim

FROM ${GO_IMAGE} AS build
ENV GOMODCACHE=/cache/go-modules GOCACHE=/cache/go-build
# NAME=PACKAGE@VERSION, one or more with spaces between. Their sources and what is compiled of them are shared between
# the images; neither is part of one.
ARG PROGRAMS
RUN --mount=type=cache,id=streamsage-go-modules,target=/cache/go-modules \
    --mount=type=cache,id=streamsage-go-build,target=/cache/go-build \
    set -e; \
    for program in ${PROGRAMS}; do \
      CGO_ENABLED=0 GOBIN=/made go install -trimpath -ldflags='-s -w' "${program#*=}"; \
      mkdir -p /programs; \
      mv /made/* "/programs/${program%%=*}"; \
    done

FROM ${RUNTIME_IMAGE} AS server
COPY --chmod=0755 answers.sh /usr/local/bin/
# A volume takes its owner from the folder that it is first mounted on.
RUN install -d -o 1000 -g 1000 -m 0700 /data /credentials/admin /credentials/database
COPY --from=build /programs /usr/local/bin
ARG TITLE
LABEL org.opencontainers.image.title="${TITLE}" \
      org.opencontainers.image.description="Built from pinned source for StreamSage's compose file"
USER 1000:1000
WORKDIR /tmp

FROM server AS web-ui
COPY web-ui.yaml /etc/web-ui/

FROM server AS temporal-server
COPY --chmod=0755 temporal-schema.sh /usr/local/bin/

FROM server
