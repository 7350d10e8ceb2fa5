#!/usr/bin/env bash
# Fails when the release binary is 55 MB or more: usage: binary_size.sh BINARY
set -euo pipefail
bytes=$(stat --format=%s "$1")
printf '%s is %d.%d MB\n' "$1" $((bytes / 1000000)) $((bytes / 100000 % 10))
[ "$bytes" -lt 55000000 ]
