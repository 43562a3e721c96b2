# Pins of the AMD ZCU104. The processor is the host: samples, results and the clock (pl_clk0) come from it.
# LED 0, lit when high.
set_property -dict { PACKAGE_PIN D5 IOSTANDARD LVCMOS33 } [get_ports led_o]
# A port that no clock times.
set_false_path -to [get_ports led_o]
