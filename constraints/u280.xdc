# Pins of the AMD Alveo U280. PCI Express is the host: samples, results and the clock come from its bridge.
# LED 0.
set_property -dict { PACKAGE_PIN C32 IOSTANDARD LVCMOS18 } [get_ports led_o]
# A port that no clock times.
set_false_path -to [get_ports led_o]
