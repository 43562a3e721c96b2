# Pins of the AMD Kria KV260. The processor is the host: samples, results and the clock (pl_clk0) come from it.
# The logic has no LED on this board: pin 1 of the Pmod J2.
set_property -dict { PACKAGE_PIN H12 IOSTANDARD LVCMOS33 } [get_ports led_o]
# A port that no clock times.
set_false_path -to [get_ports led_o]
