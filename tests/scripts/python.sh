#!/usr/bin/env bash
# Runs Python with what a requirements file names, in .venv: usage: python.sh REQUIREMENTS ARGUMENTS...
set -euo pipefail
requirements=$1
shift

# Debian ships the module that makes environments apart from Python.
[ -x .venv/bin/pip ] || python3 -m venv --clear .venv || {
  apt-get update -q && apt-get install -y -q python3-venv
  python3 -m venv --clear .venv
}
.venv/bin/pip install -q --disable-pip-version-check -r "$requirements"
exec .venv/bin/python "$@"
