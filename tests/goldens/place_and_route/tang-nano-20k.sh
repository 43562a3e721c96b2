#!/bin/sh
# Synthesis with Yosys, place and route with nextpnr-himbaechel, bitstream with gowin_pack, for gw2ar-18-qn88c8i7.
# The arguments are those of `snn2rtl synth . --tool nextpnr`. MHZ is the frequency that must be reached (the clock of
# the board by default), SEED the seed of the router. YOSYS, NEXTPNR and PACKER select other programs.
# Writes to reports/nextpnr_script/: nextpnr from the Python package mistakes work/ for a folder /work of the machine.
set -eu
cd -- "$(dirname -- "$0")/.."
mhz=${MHZ:-27}
rm -rf reports/nextpnr_script bitstream/gowin.fs
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
run nextpnr "${NEXTPNR:-nextpnr-himbaechel}" --json reports/nextpnr_script/netlist.json --device GW2AR-LV18QN88C8/I7 --vopt family=GW2A-18C --vopt cst=constraints/tang-nano-20k.cst --write reports/nextpnr_script/placed.json --report reports/nextpnr_script/report.json --freq "$mhz" --seed "${SEED:-1}"
grep 'Max frequency' reports/nextpnr_script/nextpnr.log | tail -n 1
run pack "${PACKER:-gowin_pack}" -d GW2A-18C -o reports/nextpnr_script/packed.fs reports/nextpnr_script/placed.json
# Complete before it gets its name.
mv reports/nextpnr_script/packed.fs bitstream/gowin.fs
echo "PASS: bitstream/gowin.fs"
