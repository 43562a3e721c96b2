#!/bin/sh
# Synthesis with Yosys, place and route with nextpnr-ice40, bitstream with icepack, for ice40up5k-sg48.
# The arguments are those of `snn2rtl synth . --tool nextpnr`. MHZ is the frequency that must be reached (the clock of
# the board by default), SEED the seed of the router. YOSYS, NEXTPNR and PACKER select other programs.
# Writes to reports/nextpnr_script/: nextpnr from the Python package mistakes work/ for a folder /work of the machine.
set -eu
cd -- "$(dirname -- "$0")/.."
mhz=${MHZ:-12}
rm -rf reports/nextpnr_script bitstream/ice40.bin
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
run nextpnr "${NEXTPNR:-nextpnr-ice40}" --json reports/nextpnr_script/netlist.json --up5k --package sg48 --pcf constraints/icebreaker.pcf --asc reports/nextpnr_script/placed.asc --report reports/nextpnr_script/report.json --freq "$mhz" --seed "${SEED:-1}"
grep 'Max frequency' reports/nextpnr_script/nextpnr.log | tail -n 1
run pack "${PACKER:-icepack}" reports/nextpnr_script/placed.asc reports/nextpnr_script/packed.bin
# Complete before it gets its name.
mv reports/nextpnr_script/packed.bin bitstream/ice40.bin
echo "PASS: bitstream/ice40.bin"
