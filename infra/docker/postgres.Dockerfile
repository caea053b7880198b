# PostgreSQL as a user without rights, its password from a file.
ARG POSTGRES_IMAGE=docker.io/library/postgres:17-bookworm

FROM ${POSTGRES_IMAGE}
LABEL org.opencontainers.image.title="PostgreSQL" \
      org.opencontainers.image.description="PostgreSQL for StreamSage's compose file"
COPY --chmod=0755 postgres-start.sh /usr/local/bin/postgres-start
# PostgreSQL wants its user to have a name. A volume takes its owner from the folder that it is first mounted on.
RUN useradd --uid 1000 --user-group --no-create-home database && \
    install -d -o 1000 -g 1000 -m 0700 /data /credentials/database
USER 1000:1000
WORKDIR /tmp
# Ends transactions at once; SIGTERM would wait for every client to leave.
STOPSIGNAL SIGINT
ENTRYPOINT ["postgres-start"]
CMD []
