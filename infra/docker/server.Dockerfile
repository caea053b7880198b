# One of the servers, built from its pinned source; Go's checksum database vouches for it.
ARG GO_IMAGE=docker.io/library/golang:1.26-bookworm
ARG RUNTIME_IMAGE=docker.io/library/debian:bookworm-slim

FROM ${GO_IMAGE} AS build
ARG SOURCE
ARG PROGRAM
RUN CGO_ENABLED=0 GOFLAGS=-trimpath GOBIN=/out go install "${SOURCE}" && mv "/out/${PROGRAM}" /out/server

FROM ${RUNTIME_IMAGE}
COPY --from=build /out/server /usr/local/bin/server
RUN mkdir /data && chown 1000:1000 /data
USER 1000:1000
VOLUME /data
ENTRYPOINT ["/usr/local/bin/server"]
