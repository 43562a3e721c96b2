#!/bin/sh
# Lint with Verilator: passes without a single warning.
set -eu
cd -- "$(dirname -- "$0")/.."
# The Verilator of VERILATOR, else that on PATH, else the one in the cache of snn2rtl.
if [ -z "${VERILATOR:-}" ] && ! command -v verilator >/dev/null; then
  for cache in "${SNN2RTL_CACHE:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/snn2rtl}" "${HOME:-}/Library/Caches/snn2rtl"; do
    for found in "$cache"/tools/verilator-*/verilator; do
      if [ -z "${VERILATOR:-}" ] && [ -x "$found/bin/verilator" ]; then
        VERILATOR=$found/bin/verilator
        VERILATOR_ROOT=$found/share/verilator
        export VERILATOR_ROOT
      fi
    done
  done
fi
VERILATOR=${VERILATOR:-verilator}
command -v "$VERILATOR" >/dev/null || {
  echo "FAIL: Verilator is missing: install it (Debian: apt-get install verilator), or set VERILATOR to its path;" >&2
  echo "snn2rtl cosim provides one, which is found here" >&2
  exit 2
}
"$VERILATOR" --lint-only -Wall --assert --top-module @{ top }@ -f rtl/files.f
@%- if let Some(board) = board %@
"$VERILATOR" --lint-only -Wall --assert --top-module @{ board }@ -f rtl/board.f
@%- endif %@
echo "PASS: lint of @{ top }@"
