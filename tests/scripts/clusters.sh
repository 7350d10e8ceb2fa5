#!/usr/bin/env bash
# Runs the tests of the Python module on Spark and Ray; installs the Java that Spark needs where there is none.
set -euo pipefail

if ! command -v java >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends default-jre-headless
fi
exec "$(dirname "${BASH_SOURCE[0]}")/python.sh" tests/python/long/requirements.txt \
  -m pytest -q -p no:cacheprovider tests/python/long
