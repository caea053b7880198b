#!/bin/sh
# Makes the database cluster once, then becomes PostgreSQL.
set -eu
cluster=/data/cluster
if [ ! -d "$cluster" ]; then
  rm -rf "$cluster.partial"
  initdb --pgdata="$cluster.partial" --username=temporal --pwfile=/credentials/database/password \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C
  echo 'host all all all scram-sha-256' >>"$cluster.partial/pg_hba.conf"
  mv "$cluster.partial" "$cluster"
fi
exec postgres -D "$cluster" -c listen_addresses='*' -c unix_socket_directories=/tmp
