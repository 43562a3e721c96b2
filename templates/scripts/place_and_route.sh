#!/bin/sh
# Synthesis with Yosys, place and route with @{ router }@, bitstream with @{ packer }@, for @{ part }@.
# The arguments are those of `snn2rtl synth . --tool nextpnr`. MHZ is the frequency that must be reached (the clock of
# the board by default), SEED the seed of the router. YOSYS, NEXTPNR and PACKER select other programs.
# Writes to reports/nextpnr_script/: nextpnr from the Python package mistakes work/ for a folder /work of the machine.
set -eu
cd -- "$(dirname -- "$0")/.."
mhz=${MHZ:-@{ mhz }@}
rm -rf reports/nextpnr_script @{ bitstream }@
mkdir -p reports/nextpnr_script bitstream
run() {
  log=reports/nextpnr_script/$1.log
  shift
  "$@" >"$log" 2>&1 || {
    grep '^ERROR' "$log" || tail -n 20 "$log"
    echo "FAIL: see $log"
    exit 1
  }
}
run yosys "${YOSYS:-yosys}" -s scripts/place_and_route.ys
# Fails too if the design does not fit, or is slower than requested.
run nextpnr "${NEXTPNR:-@{ router }@}" @{ route }@
grep 'Max frequency' reports/nextpnr_script/nextpnr.log | tail -n 1
run pack "${PACKER:-@{ packer }@}" @{ pack }@
# Complete before it gets its name.
mv @{ packed }@ @{ bitstream }@
echo "PASS: @{ bitstream }@"
