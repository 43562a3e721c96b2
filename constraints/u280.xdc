# Pins of the AMD Alveo U280. PCI Express is the host: samples, results and the clock come from its bridge.
# LED 0.
set_property -dict { PACKAGE_PIN C32 IOSTANDARD LVCMOS18 } [get_ports led_o]
# Reference clock of the HBM, 100 MHz. Its overheat signal must be driven: a 1 turns the card off.
set_property -dict { PACKAGE_PIN BJ43 IOSTANDARD LVDS DQS_BIAS TRUE } [get_ports hbm_clk_clk_p]
set_property -dict { PACKAGE_PIN BJ44 IOSTANDARD LVDS } [get_ports hbm_clk_clk_n]
set_property -dict { PACKAGE_PIN D32 IOSTANDARD LVCMOS18 PULLDOWN TRUE } [get_ports hbm_cattrip_o]
# Ports that no clock times.
set_false_path -to [get_ports led_o]
set_false_path -to [get_ports hbm_cattrip_o]
create_clock -name pcie_refclk -period 10.000 [get_ports pcie_refclk_clk_p]
