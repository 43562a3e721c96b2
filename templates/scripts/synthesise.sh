#!/bin/sh
# Synthesis with Yosys: the last lines are the cells of @{ top }@, for @{ family }@.
set -eu
cd -- "$(dirname -- "$0")/.."
mkdir -p work
"${YOSYS:-yosys}" -s scripts/synthesise.ys >work/synthesise.log 2>&1 || {
  tail -n 20 work/synthesise.log
  echo "FAIL: see work/synthesise.log"
  exit 1
}
cat work/cells.txt
echo "PASS: work/@{ top }@.json"
