#!/usr/bin/env bash
# Runs the service beside a real Prometheus: usage: service.sh BINARY
set -euo pipefail
scripts=$(dirname "${BASH_SOURCE[0]}")
export FORESCALE_BINARY=$1
exec "$scripts/prometheus.sh" "$scripts/python.sh" tests/service/requirements.txt -m pytest tests/service
