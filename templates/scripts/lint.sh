#!/bin/sh
# Lint with Verilator: passes without a single warning.
set -eu
cd -- "$(dirname -- "$0")/.."
"${VERILATOR:-verilator}" --lint-only -Wall --assert --top-module @{ top }@ -f rtl/files.f
@%- if let Some(board) = board %@
"${VERILATOR:-verilator}" --lint-only -Wall --assert --top-module @{ board }@ -f rtl/board.f
@%- endif %@
echo "PASS: lint of @{ top }@"
