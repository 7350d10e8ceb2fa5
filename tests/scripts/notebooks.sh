#!/usr/bin/env bash
# Executes every notebook with the wheel that wheel.sh installed in .venv; an error in a cell ends it.
#
#   tests/scripts/notebooks.sh           executes them and leaves the stored outputs alone
#   tests/scripts/notebooks.sh --write   stores the outputs anew
set -euo pipefail
tests/scripts/python.sh notebooks/requirements.txt -c ''
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

target=(--output-dir "$folder")
[ "${1:-}" != --write ] || target=(--inplace)
.venv/bin/jupyter nbconvert --log-level WARN --to notebook --execute "${target[@]}" \
  --ClearMetadataPreprocessor.enabled=True --ClearMetadataPreprocessor.clear_notebook_metadata=False notebooks/*.ipynb
