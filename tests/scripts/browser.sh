#!/usr/bin/env bash
# Opens the report in a real Chromium; installs one where there is none.
set -euo pipefail

if [ -z "${CHROMIUM:-}" ] && ! command -v chromium >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium
fi
exec "$(dirname "${BASH_SOURCE[0]}")/python.sh" tests/browser/requirements.txt -m pytest tests/browser
