#!/usr/bin/env bash
# Besieges a service with wrk and slowhttptest, with as many descriptors as this user may have: siege.sh BINARY
set -euo pipefail
scripts=$(dirname "${BASH_SOURCE[0]}")
if ! command -v wrk >/dev/null || ! command -v slowhttptest >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends wrk slowhttptest
fi
ulimit -Sn "$(ulimit -Hn)"
export FORESCALE_BINARY=$1
exec "$scripts/python.sh" tests/service/requirements.txt "$scripts/siege.py"
