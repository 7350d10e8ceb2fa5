#!/usr/bin/env bash
# Plans every sample history from many seeds; fails on the first that does not end well: soak.sh BINARY [SEEDS]
set -euo pipefail
binary=$1
seeds=${2:-25}

names=$("$binary" data list -o csv | tail -n +2 | cut -d, -f1)
for name in $names; do
  for seed in $(seq "$seeds"); do
    "$binary" data generate "$name" --seed "$seed" | "$binary" plan - --capacity 10 --quiet -o json >/dev/null
  done
  printf '%s: %d seeds planned\n' "$name" "$seeds"
done
