#!/usr/bin/env bash
# Starts a real Prometheus with two weeks of backfilled load; installs Debian's package where there is none.
#
#   tests/scripts/prometheus.sh              prints its URL and keeps it running
#   tests/scripts/prometheus.sh COMMAND...   runs the command with
#     PROMETHEUS_URL   where it listens
#     PROMETHEUS_PID   the process
#     PROMETHEUS_DATA  the OpenMetrics file that was put in
#     PROMETHEUS_END   the last whole hour in it, in seconds since the Unix epoch
set -euo pipefail
scripts=$(dirname "${BASH_SOURCE[0]}")

if ! command -v prometheus >/dev/null || ! command -v promtool >/dev/null; then
  apt-get update -q >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends prometheus >&2
fi

folder=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
  rm -rf "$folder"
}
trap finish EXIT

export PROMETHEUS_DATA=$folder/load.om
export PROMETHEUS_END=${PROMETHEUS_END:-$(($(date +%s) / 3600 * 3600))}
python3 "$scripts/prometheus_data.py" "$PROMETHEUS_END" >"$PROMETHEUS_DATA"
promtool tsdb create-blocks-from openmetrics --quiet "$PROMETHEUS_DATA" "$folder/tsdb" >&2

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PROMETHEUS_URL=http://127.0.0.1:$port
cat >"$folder/prometheus.yml" <<YAML
scrape_configs:
  - job_name: itself
    scrape_interval: 1s
    static_configs: [{targets: ["127.0.0.1:$port"]}]
YAML
prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/tsdb" \
  --storage.tsdb.retention.time=10y --web.listen-address="127.0.0.1:$port" --log.level=error >&2 &
server=$!
export PROMETHEUS_PID=$server

ready() {
  python3 -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1] + "/-/ready", timeout=5)' "$PROMETHEUS_URL" 2>/dev/null
}
for _ in $(seq 100); do
  ready && break
  kill -0 "$server" || { printf 'prometheus did not start\n' >&2; exit 1; }
  sleep 0.2
done
ready

if [ $# -gt 0 ]; then
  "$@"
else
  printf '%s\n' "$PROMETHEUS_URL"
  wait "$server"
fi
