#!/bin/sh
# Self-checking simulation with Verilator: the last line says PASS or FAIL. Arguments go to the simulation: `+stall` pauses
# both streams at random.
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
# What is up to date is not compiled again. Where make cannot work because of the path, all is done in a temporary folder.
case $PWD in
*[!A-Za-z0-9/._+-]*)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  ;;
*)
  work=work/simulate
  mkdir -p "$work"
  ;;
esac
cmp -s sim/self_check.cpp "$work/self_check.cpp" || cp sim/self_check.cpp "$work"
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
"$VERILATOR" --cc --exe --build -j "$jobs" --assert -O3 --output-split 8000 -CFLAGS -O1 \
  --top-module self_check_tb --Mdir "$work" -f sim/self_check.f self_check.cpp >"$work/build.log" 2>&1 || {
  cat "$work/build.log"
  echo "FAIL: the simulation cannot be built"
  exit 1
}
"$work/Vself_check_tb" "$@"
