# One transfer per sample, one per result; no descriptors. Addresses of 40 bits reach all of the memory.
set dma [create_bd_cell -type ip -vlnv xilinx.com:ip:axi_dma dma]
set_property -dict [list \
  CONFIG.c_include_sg 0 \
  CONFIG.c_sg_include_stscntrl_strm 0 \
  CONFIG.c_sg_length_width 26 \
  CONFIG.c_addr_width 40 \
  CONFIG.c_include_mm2s 1 \
  CONFIG.c_m_axi_mm2s_data_width @{ memory_width }@ \
  CONFIG.c_m_axis_mm2s_tdata_width @{ bus_width }@ \
  CONFIG.c_include_s2mm 1 \
  CONFIG.c_m_axi_s2mm_data_width 32] $dma

create_bd_cell -type ip -vlnv @{ vendor }@:@{ library }@:@{ top }@:@{ version }@ snn
