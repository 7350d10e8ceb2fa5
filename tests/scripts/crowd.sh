#!/usr/bin/env bash
# Runs a crowd of clients with as many descriptors as this user may have: crowd.sh PROGRAM COUNT
set -euo pipefail
ulimit -Sn "$(ulimit -Hn)"
exec "$@"
