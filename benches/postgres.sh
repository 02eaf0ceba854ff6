#!/usr/bin/env bash
# What a chamber would pick instead: PostgreSQL with a 300-byte row and a unique index, every commit synced,
# alone and with three synchronous standbys on the same machine (four copies, as ours).
#
#   benches/postgres.sh [seconds] [clients]        needs PostgreSQL 15 (Debian: postgresql-15); uses a temporary directory
set -euo pipefail

seconds=${1:-15}
clients=${2:-16}
bin=$(ls -d /usr/lib/postgresql/15/bin 2>/dev/null || dirname "$(command -v pg_ctl 2>/dev/null || echo /missing/pg_ctl)")
[ -x "$bin/initdb" ] || { echo "skipped: PostgreSQL 15 is not installed"; exit 0; }

dir=$(mktemp -d)
port=$((20000 + RANDOM % 20000))
# PostgreSQL refuses to run as root.
run() { if [ "$(id -u)" -eq 0 ]; then (cd "$dir" && setpriv --reuid=postgres --regid=postgres --clear-groups "$@"); else "$@"; fi; }
[ "$(id -u)" -ne 0 ] || chown postgres "$dir"
stop() { for data in "$dir"/data*; do run "$bin/pg_ctl" -D "$data" -m immediate stop >/dev/null 2>&1 || true; done; rm -rf "$dir"; }
trap stop EXIT

start() { run "$bin/pg_ctl" -D "$dir/data$1" -w -l "$dir/log$1" -o "-p $((port + $1)) -k $dir -c listen_addresses=127.0.0.1" start >/dev/null; }
sql() { run "$bin/psql" -qAt -h "$dir" -p "$port" -U postgres -c "$1"; }

run "$bin/initdb" -D "$dir/data0" -U postgres -A trust >/dev/null
cat >>"$dir/data0/postgresql.conf" <<'CONF'
synchronous_commit = on
shared_buffers = 256MB
max_wal_senders = 8
wal_level = replica
CONF
start 0
sql 'create table entries (id bytea primary key, body bytea not null)'
printf '%s\n' "insert into entries values (sha256(uuid_send(gen_random_uuid())), decode(repeat(md5(random()::text), 16), 'hex') || decode(md5(random()::text), 'hex') || '\\\\x00000000000000000000');" >"$dir/insert.sql"

measure() {
    out=$(run "$bin/pgbench" -n -h "$dir" -p "$port" -U postgres -f "$dir/insert.sql" -c "$2" -j 2 -T "$seconds" postgres 2>&1)
    tps=$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' <<<"$out")
    ms=$(sed -n 's/^latency average = \([0-9.]*\) ms/\1/p' <<<"$out")
    printf '%-40s %3s clients: %8.0f rows/s, mean %.1f ms\n' "$1" "$2" "$tps" "$ms"
}

"$bin/postgres" --version
measure 'alone' 1
measure 'alone' "$clients"

for standby in 1 2 3; do
    run "$bin/pg_basebackup" -h "$dir" -p "$port" -U postgres -D "$dir/data$standby" -c fast -R -C -S "standby$standby" >/dev/null
    echo "primary_conninfo = 'host=$dir port=$port user=postgres application_name=standby$standby'" >>"$dir/data$standby/postgresql.auto.conf"
    start "$standby"
done
sql "alter system set synchronous_standby_names = '3 (standby1, standby2, standby3)'"
sql 'select pg_reload_conf()' >/dev/null
for _ in $(seq 100); do
    [ "$(sql "select count(*) from pg_stat_replication where sync_state = 'sync'")" = 3 ] && break
    read -r -t 0.2 <> <(:) || true
done
measure 'three synchronous standbys' 1
measure 'three synchronous standbys' "$clients"
echo "$(sql 'select count(*) from entries') rows, $(sql "select pg_total_relation_size('entries') / count(*) from entries") bytes a row in one copy"
