#!/bin/bash
# Makes a database in an empty folder, as the public image does, and runs the server.
set -eu
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  user=${POSTGRES_USER:-postgres}
  password=${POSTGRES_PASSWORD:-$(cat "$POSTGRES_PASSWORD_FILE")}
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  initdb --username="$user" --pwfile=<(printf %s "$password") --auth-host=scram-sha-256 --auth-local=trust \
    --encoding=UTF8 ${POSTGRES_INITDB_ARGS:-}
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  if [ "${POSTGRES_DB:-$user}" != postgres ]; then
    printf 'create database "%s";\n' "${POSTGRES_DB:-$user}" | postgres --single -D "$PGDATA" postgres
  fi
fi
[ "$1" = postgres ] || exec "$@"
shift
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql "$@"
