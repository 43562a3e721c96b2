# Timing of the core on its own, out of context: one clock of 100 MHz.
create_clock -name clk -period 10.000 [get_ports clk_i]
