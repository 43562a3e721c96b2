# Pins of the AMD Alveo U55C. PCI Express is the host: samples, results and the clock come from its bridge.
# Activity LED of QSFP 0.
set_property -dict { PACKAGE_PIN BL13 IOSTANDARD LVCMOS18 } [get_ports led_o]
# Reference clock of the HBM, 100 MHz. Its overheat signal must be driven: a 1 turns the card off.
set_property -dict { PACKAGE_PIN BK10 IOSTANDARD LVDS } [get_ports hbm_clk_clk_p]
set_property -dict { PACKAGE_PIN BL10 IOSTANDARD LVDS } [get_ports hbm_clk_clk_n]
set_property -dict { PACKAGE_PIN BE45 IOSTANDARD LVCMOS18 } [get_ports hbm_cattrip_o]
# PCI Express: reference clock of block X1Y0 (quad 227), a port of a transceiver without I/O standard, and reset.
set_property PACKAGE_PIN AL15 [get_ports pcie_refclk_clk_p]
set_property PACKAGE_PIN AL14 [get_ports pcie_refclk_clk_n]
set_property -dict { PACKAGE_PIN BF41 IOSTANDARD LVCMOS18 } [get_ports pcie_perstn]
create_clock -name pcie_refclk -period 10.000 [get_ports pcie_refclk_clk_p]
# Ports that no clock times.
set_false_path -to [get_ports led_o]
set_false_path -to [get_ports hbm_cattrip_o]
set_false_path -from [get_ports pcie_perstn]
