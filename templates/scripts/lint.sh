#!/bin/sh
# Lint with Verilator: passes without a single warning.
set -eu
cd -- "$(dirname -- "$0")/.."
# The Verilator of VERILATOR, else that on PATH.
VERILATOR=${VERILATOR:-verilator}
command -v "$VERILATOR" >/dev/null || {
  echo "FAIL: Verilator is missing: install it (Debian: apt-get install verilator), or set VERILATOR to its path;" >&2
  echo "the path of the one that snn2rtl provides is listed by: snn2rtl doctor" >&2
  exit 2
}
"$VERILATOR" --lint-only -Wall --assert --top-module @{ top }@ -f rtl/files.f
@%- if let Some(board) = board %@
"$VERILATOR" --lint-only -Wall --assert --top-module @{ board }@ -f rtl/board.f
@%- endif %@
echo "PASS: lint of @{ top }@"
