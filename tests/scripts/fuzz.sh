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

TIMEFORMAT='%U %S'
for target in "${targets[@]}"; do
  mkdir -p "$folder/corpus/$target" "$folder/found"
  status=0
  # The limit is that of the processor, a tenth above what is asked for, as systems count more than what is printed here;
  # the wall time only ends what waits for ever.
  spent=$({
    time (
      ulimit -t $((seconds + seconds / 10))
      FORESCALE_FUZZ_TARGET=$target FORESCALE_FUZZ_SEEDS=$folder/corpus/$target \
        "$folder/$host/release/libfuzzer" "$folder/corpus/$target" -artifact_prefix="$folder/found/$target-" \
        -max_total_time=$((seconds * 10)) -rss_limit_mb="$memory" -timeout=20 -max_len=20000 >"$folder/$target.log" 2>&1
    )
  } 2>&1) || status=$?
  # Above the times may stand what the shell says of a process that was ended.
  spent=$(tail -n 1 <<<"$spent" | awk '{ printf "%.0f", $1 + $2 }')
  runs=$(grep -aoE '^#[0-9]+' "$folder/$target.log" | tail -1 | tr -d '#' || true)
  # 152 and 137: the processor time is over. Whoever is killed before has something else to say.
  case $status in
    137 | 152) [ "$spent" -ge "$seconds" ] || status=killed ;;
  esac
  case $status in
    0 | 137 | 152) printf '%s: %s inputs in %s processor seconds, nothing found\n' "$target" "${runs:-no}" "$spent" ;;
    killed)
      tail -40 "$folder/$target.log" >&2
      printf 'fuzz: %s was killed after %s of %s processor seconds; look for a machine without memory\n' \
        "$target" "$spent" "$seconds" >&2
      exit 1
      ;;
    *)
      tail -40 "$folder/$target.log" >&2
      printf 'fuzz: %s does not stand the input above\n' "$target" >&2
      exit 1
      ;;
  esac
  [ "${runs:-0}" -gt 0 ] || { printf 'fuzz: %s was never run\n' "$target" >&2; exit 1; }
done
