#!/usr/bin/env bash
# Tries what deploy/ has: deploy.sh BINARY. Installs bubblewrap and systemd's checker of units where there are none.
set -euo pipefail
scripts=$(dirname "${BASH_SOURCE[0]}")
if ! command -v bwrap >/dev/null || ! command -v systemd-analyze >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends bubblewrap systemd
fi
export FORESCALE_BINARY=$1
exec "$scripts/python.sh" tests/deploy/requirements.txt -m pytest -q -p no:cacheprovider tests/deploy
