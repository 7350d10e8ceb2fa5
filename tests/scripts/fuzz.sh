#!/usr/bin/env bash
# Searches with coverage for bytes that a target does not stand: fuzz.sh SECONDS [TARGET...]
#
# Every target gets so many seconds of processor time, and what it found stays in target/fuzz/found. A release of the
# compiler is enough: coverage needs no sanitizer, and a panic is a finding without one. `csv` links polars and takes
# long to build: name the others to do without it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=$1
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(model prometheus config request scaler csv)

# The most memory of a search, in MB: the service and the corpus are in it.
memory=1024
# The library that searches is C++.
if ! command -v g++ >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends g++
fi
host=$(rustc -vV | sed -n 's/^host: //p')
folder=${CARGO_TARGET_DIR:-target}/fuzz
features=libfuzzer
case " ${targets[*]} " in *" csv "*) features=libfuzzer,csv ;; esac

coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-trace-compares"
coverage+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1"
RUSTFLAGS="$coverage" cargo build --release --target "$host" --target-dir "$folder" \
  -p forescale-fuzz --bin libfuzzer --features "$features"

# The seconds of processor time that a process has had; nothing once it is gone.
spent_by() {
  awk -v ticks="$(getconf CLK_TCK)" '{ printf "%d", ($14 + $15) / ticks }' "/proc/$1/stat" 2>/dev/null
}

# Searches one target and says what came of it.
search() {
  local target=$1 spent=0 now status=0 runs pid
  mkdir -p "$folder/corpus/$target" "$folder/found"
  FORESCALE_FUZZ_TARGET=$target FORESCALE_FUZZ_SEEDS=$folder/corpus/$target \
    "$folder/$host/release/libfuzzer" "$folder/corpus/$target" -artifact_prefix="$folder/found/$target-" \
    -rss_limit_mb="$memory" -timeout=20 -max_len=20000 >"$folder/$target.log" 2>&1 &
  pid=$!
  # A process that is gone but not waited for has all of its time, and a state of its own.
  while ! grep -q '^State:.Z' "/proc/$pid/status" && now=$(spent_by "$pid") && [ -n "$now" ]; do
    spent=$now
    [ "$spent" -lt "$seconds" ] || { kill -INT "$pid"; break; }
    sleep 1
  done
  wait "$pid" || status=$?
  runs=$(grep -aoE '^#[0-9]+' "$folder/$target.log" | tail -1 | tr -d '#' || true)
  # An interrupted search ends with 72. Any other that ends before its time has something to say.
  if [ "$status" != 72 ] || [ "$spent" -lt "$seconds" ]; then
    tail -40 "$folder/$target.log" >&2
    printf 'fuzz: %s ended with %s after %s of %s processor seconds; what it does not stand is named above\n' \
      "$target" "$status" "$spent" "$seconds" >&2
    return 1
  fi
  [ "${runs:-0}" -gt 0 ] || { printf 'fuzz: %s was never run\n' "$target" >&2; return 1; }
  printf '%s: %s inputs in %s processor seconds, nothing found\n' "$target" "$runs" "$spent"
}

# A search takes one core: as many go on side by side as there are.
export -f search spent_by
export folder host memory seconds
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -euo pipefail -c 'search {}'
