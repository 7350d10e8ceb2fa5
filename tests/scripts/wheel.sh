#!/usr/bin/env bash
# Builds the wheel, installs it where nothing else is, and runs the tests of the Python module.
#
#   tests/scripts/wheel.sh BINARY                        compares numbers with those of the command BINARY
#   FORESCALE_WITHOUT_BINARY=1 tests/scripts/wheel.sh    leaves the tests out that do
#
# The wheel has to be below 30 MB, to install without a compiler, and to be imported within 0.2 s.
set -euo pipefail
export FORESCALE_BINARY=${1:-${FORESCALE_BINARY:-}}
[ -n "$FORESCALE_BINARY" ] || [ "${FORESCALE_WITHOUT_BINARY:-}" = 1 ] || {
  printf 'usage: tests/scripts/wheel.sh BINARY, or FORESCALE_WITHOUT_BINARY=1 to compare with no command\n' >&2
  exit 2
}
most_bytes=$((30 * 1024 * 1024))
requirements=tests/python/requirements.txt
# Debian ships the module that makes environments apart from Python; the script that is run here makes .venv.
tests/scripts/python.sh "$requirements" -c ''

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
.venv/bin/maturin build --quiet --release --locked -m crates/forescale-py/Cargo.toml --out "$folder/wheels"
wheel=("$folder"/wheels/forescale-*.whl)

bytes=$(stat -c %s "${wheel[0]}")
printf '%s: %d bytes\n' "$(basename "${wheel[0]}")" "$bytes"
[ "$bytes" -lt "$most_bytes" ] || { printf 'the wheel should be below %d bytes\n' "$most_bytes" >&2; exit 1; }

# Whoever checks types finds the stub, and that the package has one.
listing=$(python3 -m zipfile --list "${wheel[0]}")
for file in forescale/py.typed forescale/_forescale.pyi; do
  grep -q "^$file " <<<"$listing" || { printf 'the wheel lacks %s\n' "$file" >&2; exit 1; }
done

# No compiler is found, and nothing is built: what installs here installs anywhere.
python3 -m venv "$folder/clean"
CC=/bin/false CXX=/bin/false CARGO=/bin/false "$folder/clean/bin/pip" install -q --disable-pip-version-check \
  --only-binary :all: "${wheel[0]}"
"$folder/clean/bin/python" tests/python/import_time.py

.venv/bin/pip install -q --disable-pip-version-check --force-reinstall --no-deps "${wheel[0]}"
.venv/bin/python -m mypy.stubtest forescale._forescale
.venv/bin/python -m pytest -q -p no:cacheprovider tests/python --ignore tests/python/long

# What was tried above with pandas 2, but for sktime, is tried with pandas 3 as well.
python3 -m venv "$folder/pandas3"
"$folder/pandas3/bin/pip" install -q --disable-pip-version-check "${wheel[0]}" -r tests/python/pandas3.txt
"$folder/pandas3/bin/python" -m pytest -q -p no:cacheprovider \
  tests/python/test_frames.py tests/python/test_times.py tests/python/test_functions.py tests/python/test_forecaster.py \
  tests/python/test_fleet.py tests/python/test_bad_input.py tests/python/test_display.py
