#!/usr/bin/env bash
# Runs the service on disks that fail; installs strace where there is none: disk_faults.sh PROGRAM [--long]
set -euo pipefail

if ! command -v strace >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends strace
fi
exec "$@"
