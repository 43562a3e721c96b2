# Pins of the Digilent Arty A7-35T for the board's top level. The clock is constrained in clock.xdc.
set_property -dict { PACKAGE_PIN E3 IOSTANDARD LVCMOS33 } [get_ports clk_i]
# The red button, low when pressed.
set_property -dict { PACKAGE_PIN C2 IOSTANDARD LVCMOS33 } [get_ports rst_ni]
# USB serial line: the board calls it uart_txd_in and uart_rxd_out.
set_property -dict { PACKAGE_PIN A9 IOSTANDARD LVCMOS33 } [get_ports uart_rx_i]
set_property -dict { PACKAGE_PIN D10 IOSTANDARD LVCMOS33 } [get_ports uart_tx_o]
# LD4, lit when high.
set_property -dict { PACKAGE_PIN H5 IOSTANDARD LVCMOS33 } [get_ports led_o]
# Ports that no clock times.
set_false_path -from [get_ports { rst_ni uart_rx_i }]
set_false_path -to [get_ports { uart_tx_o led_o }]
set_property CFGBVS VCCO [current_design]
set_property CONFIG_VOLTAGE 3.3 [current_design]
