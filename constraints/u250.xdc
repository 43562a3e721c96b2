# Pins of the AMD Alveo U250. PCI Express is the host: samples, results and the clock come from its bridge.
# LED 0.
set_property -dict { PACKAGE_PIN BC21 IOSTANDARD LVCMOS12 } [get_ports led_o]
# A port that no clock times.
set_false_path -to [get_ports led_o]
create_clock -name pcie_refclk -period 10.000 [get_ports pcie_refclk_clk_p]
