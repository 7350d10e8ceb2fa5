#!/usr/bin/env bash
# Requests a second of the service and of a real Prometheus, in one run: load.sh BINARY [SECONDS]
#
# Installs wrk and h2load where there are none, and Debian's Prometheus.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
scripts=$here/../tests/scripts

if ! command -v wrk >/dev/null || ! command -v h2load >/dev/null; then
  apt-get update -q >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends wrk nghttp2-client >&2
fi
export FORESCALE_BINARY=$1
exec "$scripts/prometheus.sh" "$scripts/python.sh" tests/service/requirements.txt "$here/load.py" "${2:-10}"
