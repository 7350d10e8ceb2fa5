#!/usr/bin/env bash
# Executes every notebook with the wheel that wheel.sh installed in .venv: it has to print what is stored.
#
#   tests/scripts/notebooks.sh           leaves the stored outputs alone
#   tests/scripts/notebooks.sh --write   stores the outputs anew
set -euo pipefail
exec tests/scripts/python.sh notebooks/requirements.txt tests/scripts/notebooks.py "$@"
