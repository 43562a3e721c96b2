#!/bin/sh
# Synthesis with Yosys, place and route with nextpnr-ecp5, bitstream with ecppack, for lfe5u-85f-6bg381c.
# The arguments are those of `snn2rtl synth . --tool nextpnr`. MHZ is the frequency that must be reached (the clock of
# the board by default), SEED the seed of the router. YOSYS, NEXTPNR and PACKER select other programs.
# Writes to reports/nextpnr_script/: nextpnr from the Python package mistakes work/ for a folder /work of the machine.
set -eu
cd -- "$(dirname -- "$0")/.."
mhz=${MHZ:-25}
rm -rf reports/nextpnr_script bitstream/ecp5.bit
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
run nextpnr "${NEXTPNR:-nextpnr-ecp5}" --json reports/nextpnr_script/netlist.json --85k --package CABGA381 --speed 6 --lpf constraints/ulx3s-85f.lpf --router router2 --placer-heap-timingweight 40 --textcfg reports/nextpnr_script/placed.config --report reports/nextpnr_script/report.json --freq "$mhz" --seed "${SEED:-1}"
grep 'Max frequency' reports/nextpnr_script/nextpnr.log | tail -n 1
run pack "${PACKER:-ecppack}" --compress --input reports/nextpnr_script/placed.config --bit reports/nextpnr_script/packed.bit
# Complete before it gets its name.
mv reports/nextpnr_script/packed.bit bitstream/ecp5.bit
echo "PASS: bitstream/ecp5.bit"
