# The commands of Vivado that the generated scripts may call: flags, options with the values that they take (an empty list:
# any), fewest and most further arguments, and where that is stated.
#
# UG835: Vivado Design Suite Tcl Command Reference Guide, the page of the command's name; the pages of about a dozen
#   commands could be read, in several versions; the other rows are what published scripts agree on.
# UG903: Using Constraints; UG994: Designing IP Subsystems Using IP Integrator.
# help: UG1118 (Creating and Packaging Custom IP) describes packaging by its dialogs and names no ipx:: or ipgui:: command; these are
#   in no guide. What is listed is the text of `help` where it could be found (ipx::associate_bus_interfaces), else the use
#   that several public scripts agree on. See docs/vivado.md.

set common {-quiet -verbose}

# command NAME SOURCE FLAGS OPTIONS FEWEST MOST
command add_files {UG835} {-norecurse} {-fileset {}} 0 inf
command close_project {UG835} {-delete} {} 0 0
command create_project {UG835} {-force -in_memory -ip} {-part {}} 0 2
command current_fileset {UG835} {-constrset -simset} {} 0 0
command current_project {UG835} {} {} 0 1
command get_board_parts {UG835} {-regexp -nocase -latest_file_version -latest_hw_revision} {-filter {}} 0 inf
command get_clocks {UG835} {-regexp -nocase} {-filter {} -of_objects {}} 0 inf
command get_files {UG835} {-regexp -nocase} {-filter {} -of_objects {}} 0 inf
command get_property {UG835} {-min -max} {} 2 2
command get_runs {UG835} {-regexp -nocase} {-filter {}} 0 inf
command get_timing_paths {UG835} {-setup -hold -unique_pins} {
  -max_paths {} -nworst {} -delay_type {max min min_max} -from {} -to {}
} 0 0
command launch_runs {UG835} {-scripts_only} {-jobs {} -to_step {} -dir {}} 1 inf
command open_run {UG835} {} {-name {} -constrset {}} 1 1
command opt_design {UG835} {-retarget -propconst -sweep} {-directive {}} 0 0
command phys_opt_design {UG835} {-fanout_opt -placement_opt} {-directive {}} 0 0
command place_design {UG835} {-no_timing_driven -unplace} {-directive {}} 0 0
command read_verilog {UG835} {-sv} {-library {}} 1 1
command read_xdc {UG835} {-unmanaged -no_add} {-cells {} -ref {} -mode {default out_of_context}} 1 1
command report_drc {UG835} {-no_waivers} {-file {} -ruledecks {} -checks {}} 0 0
command report_route_status {UG835} {-return_string -show_all} {
  -file {} -boolean_check {PLACED_FULLY PARTIALLY_ROUTED ROUTED_FULLY ERRORS_IN_ROUTES}
} 0 0
command report_timing_summary {UG835} {-check_timing_verbose -no_detailed_paths -setup -hold -input_pins -report_unconstrained -no_header -return_string} {
  -delay_type {max min min_max} -max_paths {} -nworst {} -path_type {end summary short full full_clock full_clock_expanded} -file {}
} 0 0
command report_utilization {UG835} {-append -hierarchical -hierarchical_percentages -no_primitives -return_string} {
  -file {} -cells {} -hierarchical_depth {}
} 0 0
command route_design {UG835} {-unroute -preserve -timing_summary} {-directive {}} 0 0
command set_property {UG835} {} {-dict {} -name {} -value {} -objects {}} 0 3
command synth_design {UG835} {-rtl -lint -no_lc -assert} {
  -name {} -part {} -top {} -include_dirs {} -generic {} -verilog_define {} -flatten_hierarchy {full none rebuilt}
  -mode {default out_of_context} -directive {} -constrset {}
} 0 0
command update_compile_order {UG835} {-force_gui} {-fileset {}} 0 0
command update_ip_catalog {UG835} {-rebuild} {-add_ip {} -delete_ip {} -repo_path {}} 0 0
command version {UG835} {-short} {} 0 0
command wait_on_run {UG835} {} {-timeout {}} 1 1
command write_bitstream {UG835} {-force -raw_bitfile -bin_file -no_binary_bitfile} {-cell {}} 1 1
command write_checkpoint {UG835} {-force} {-cell {}} 0 1
command write_hw_platform {UG835} {-fixed -force -include_bit -minimal} {} 0 1

command apply_bd_automation {UG835, UG994} {} {-rule {} -config {}} 1 inf
command assign_bd_address {UG835} {-boundary -external -force} {-target_address_space {} -offset {} -range {}} 0 inf
command connect_bd_intf_net {UG835} {} {-intf_net {} -boundary_type {upper lower both}} 2 3
command connect_bd_net {UG835} {} {-net {} -boundary_type {upper lower both}} 2 inf
command create_bd_cell {UG835} {} {-type {ip module hier container} -vlnv {} -reference {}} 1 1
command create_bd_intf_port {UG835} {} {-mode {Master Slave} -vlnv {}} 1 1
command create_bd_design {UG835} {} {-dir {} -cell {}} 1 1
command create_bd_port {UG835} {} {-from {} -to {} -dir {I O IO} -type {clk rst ce intr data undef} -freq_hz {}} 1 1
command get_bd_intf_pins {UG835} {-regexp -hierarchical -nocase} {-filter {} -of_objects {}} 0 inf
command get_bd_addr_segs {UG835} {-regexp -hierarchical -nocase -excluded} {-filter {} -of_objects {}} 0 inf
command get_bd_addr_spaces {UG835} {-regexp -hierarchical -nocase} {-filter {} -of_objects {}} 0 inf
command get_bd_intf_ports {UG835} {-regexp -nocase} {-filter {} -of_objects {}} 0 inf
command get_bd_ports {UG835} {-regexp -nocase} {-filter {} -of_objects {}} 0 inf
command get_bd_pins {UG835} {-regexp -hierarchical -nocase} {-filter {} -of_objects {}} 0 inf
command make_wrapper {UG835} {-top -testbench -inst_template -import -force} {-fileset {}} 1 1
command save_bd_design {UG835} {} {} 0 1
command validate_bd_design {UG835} {-force} {-design {}} 0 0

command ipx::add_address_block {help} {} {} 2 2
command ipx::add_address_space {use} {} {} 2 2
command ipx::add_bus_interface {help} {} {} 2 2
command ipx::add_bus_parameter {help} {} {} 2 2
command ipx::add_memory_map {help} {} {} 2 2
command ipx::add_port_map {help} {} {} 2 2
command ipx::add_register {help} {} {} 2 2
command ipx::add_register_parameter {help} {} {} 2 2
command ipx::associate_bus_interfaces {help} {-clear} {-busif {} -clock {} -reset {}} 0 1
command ipx::check_integrity {help} {-xrt -kernel} {} 0 1
command ipx::create_xgui_files {help} {} {-logo_file {}} 0 1
command ipx::current_core {help} {} {} 0 1
command ipx::get_address_spaces {use} {} {-of_objects {} -filter {}} 0 inf
command ipx::get_bus_interfaces {help} {} {-of_objects {} -filter {}} 0 inf
command ipx::get_memory_maps {help} {} {-of_objects {} -filter {}} 0 inf
command ipx::package_project {help} {-import_files -force} {
  -root_dir {} -vendor {} -library {} -name {} -version {} -taxonomy {} -module {} -set_current {true false}
} 0 0
command ipx::remove_address_space {use} {} {} 2 2
command ipx::remove_bus_interface {help} {} {} 2 2
command ipx::remove_memory_map {help} {} {} 2 2
command ipx::save_core {help} {} {} 0 1
command ipx::update_checksums {help} {-force} {} 0 1
command ipgui::get_guiparamspec {help} {} {-name {} -component {}} 0 0

# In constraints.
command create_clock {UG903} {-add} {-name {} -period {} -waveform {}} 0 1
command current_design {UG835} {} {} 0 1
command get_ports {UG903} {-regexp -nocase} {-filter {} -of_objects {}} 0 inf
command set_false_path {UG903} {-setup -hold} {-from {} -to {} -through {}} 0 0

# Properties by the kind of object, with the values that they take (an empty list: any). UG912: Vivado Design Suite
# Properties Reference Guide; UG835 for those of projects, filesets and runs; those of an IP's parts as for ipx::.
property project {target_language {Verilog VHDL} board_part {} ip_repo_paths {}}
property fileset {top {} verilog_define {} generic {}}
property file {file_type {Verilog SystemVerilog XDC {Memory Initialization Files}} USED_IN {}}
property run {STEPS.PHYS_OPT_DESIGN.IS_ENABLED {true false} {STEPS.SYNTH_DESIGN.ARGS.MORE OPTIONS} {} PROGRESS {} STATUS {}}
property path {
  SLACK {} STARTPOINT_PIN {} ENDPOINT_PIN {} DATAPATH_LOGIC_DELAY {} DATAPATH_NET_DELAY {} LOGIC_LEVELS {}
}
property clock {NAME {} PERIOD {}}
property port {
  PACKAGE_PIN {} IOSTANDARD {LVCMOS33 LVCMOS25 LVCMOS18 LVCMOS12 LVDS} DQS_BIAS {TRUE FALSE} PULLDOWN {TRUE FALSE}
}
property bdport {CONFIG.FREQ_HZ {} CONFIG.POLARITY {ACTIVE_LOW ACTIVE_HIGH}}
property design {TOP {} PART {} CFGBVS {VCCO GND} CONFIG_VOLTAGE {}}
property core {name {} version {} display_name {} description {} vendor_display_name {} supported_families {}}
property bus {
  name {} abstraction_type_vlnv {} bus_type_vlnv {} interface_mode {master slave} display_name {} slave_memory_map_ref {}
  master_address_space_ref {}
}
property space {name {} range {} width {}}
property map {name {}}
property portmap {physical_name {}}
property busparameter {value {}}
property block {base_address {} range {} width {32} usage {register memory reserved}}
property register {address_offset {} size {} access {read-only read-write write-only} description {}}
property registerparameter {value {}}
property guiparameter {display_name {} tooltip {}}

# The cells of block designs: interfaces (with the clock that they need), clocks and resets and other pins with their direction, and
# parameters. zynq_ultra_ps_e: PG201; axi_dma: PG021; smartconnect: PG247; proc_sys_reset: PG164.
cell xilinx.com:ip:zynq_ultra_ps_e {
  M_AXI_HPM0_FPD {master maxihpm0_fpd_aclk CONFIG.PSU__USE__M_AXI_GP0}
  S_AXI_HP0_FPD {slave saxihp0_fpd_aclk CONFIG.PSU__USE__S_AXI_GP2}
  S_AXI_HP1_FPD {slave saxihp1_fpd_aclk CONFIG.PSU__USE__S_AXI_GP3}
  S_AXI_HP2_FPD {slave saxihp2_fpd_aclk CONFIG.PSU__USE__S_AXI_GP4}
  S_AXI_HP3_FPD {slave saxihp3_fpd_aclk CONFIG.PSU__USE__S_AXI_GP5}
} {
  maxihpm0_fpd_aclk I saxihp0_fpd_aclk I saxihp1_fpd_aclk {I CONFIG.PSU__USE__S_AXI_GP3}
  saxihp2_fpd_aclk {I CONFIG.PSU__USE__S_AXI_GP4} saxihp3_fpd_aclk {I CONFIG.PSU__USE__S_AXI_GP5} pl_clk0 O pl_resetn0 O
} {
  CONFIG.PSU__FPGA_PL0_ENABLE {0 1} CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ {}
  CONFIG.PSU__USE__M_AXI_GP0 {0 1} CONFIG.PSU__USE__M_AXI_GP1 {0 1} CONFIG.PSU__USE__M_AXI_GP2 {0 1}
  CONFIG.PSU__USE__S_AXI_GP2 {0 1} CONFIG.PSU__SAXIGP2__DATA_WIDTH {32 64 128}
  CONFIG.PSU__USE__S_AXI_GP3 {0 1} CONFIG.PSU__SAXIGP3__DATA_WIDTH {32 64 128}
  CONFIG.PSU__USE__S_AXI_GP4 {0 1} CONFIG.PSU__SAXIGP4__DATA_WIDTH {32 64 128}
  CONFIG.PSU__USE__S_AXI_GP5 {0 1} CONFIG.PSU__SAXIGP5__DATA_WIDTH {32 64 128}
}
cell xilinx.com:ip:axi_dma {
  S_AXI_LITE {slave s_axi_lite_aclk {}} M_AXI_MM2S {master m_axi_mm2s_aclk {}} M_AXI_S2MM {master m_axi_s2mm_aclk {}}
  M_AXIS_MM2S {master m_axi_mm2s_aclk {}} S_AXIS_S2MM {slave m_axi_s2mm_aclk {}}
} {s_axi_lite_aclk I m_axi_mm2s_aclk I m_axi_s2mm_aclk I axi_resetn I} {
  CONFIG.c_include_sg {0 1} CONFIG.c_sg_include_stscntrl_strm {0 1} CONFIG.c_sg_length_width {8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26}
  CONFIG.c_addr_width {32 40 64} CONFIG.c_include_mm2s {0 1} CONFIG.c_include_s2mm {0 1}
  CONFIG.c_m_axi_mm2s_data_width {32 64 128 256 512 1024} CONFIG.c_m_axi_s2mm_data_width {32 64 128 256 512 1024}
  CONFIG.c_m_axis_mm2s_tdata_width {8 16 32 64 128 256 512 1024}
}
# S00_AXI to S15_AXI, M00_AXI to M15_AXI and clocks aclk1 to aclk15 are there as NUM_SI, NUM_MI and NUM_CLKS say (tests/vivado/block_design.tcl).
cell xilinx.com:ip:smartconnect [apply {{} {
  for {set n 0} {$n < 16} {incr n} {
    lappend interfaces [format S%02d_AXI $n] {slave aclk {}} [format M%02d_AXI $n] {master aclk {}}
  }
  return $interfaces
}}] {
  aclk I aclk1 I aclk2 I aclk3 I aclk4 I aclk5 I aresetn I
} {CONFIG.NUM_SI {1 2 3 4 5 6 7 8} CONFIG.NUM_MI {1 2 3 4 5 6 7 8} CONFIG.NUM_CLKS {1 2 3 4 5 6}}
# A small letter: an input that may stay open.
cell xilinx.com:ip:proc_sys_reset {} {
  slowest_sync_clk I ext_reset_in I aux_reset_in i dcm_locked i mb_debug_sys_rst i
  peripheral_aresetn O interconnect_aresetn O peripheral_reset O bus_struct_reset O mb_reset O
} {}

# Cards in a PCI Express slot. xdma: PG195; ddr4: PG150; hbm: PG276; clk_wiz: PG065. Names of pins, interfaces, address segments and
# parameters are those of block designs that Vivado has written (write_bd_tcl) and others have published: XDMA and one stack of HBM on
# a U55C (github.com/FriedDede/CHORYS_RISCV-V, sw/hw/hbm_interface.tcl), bases of OmpSs@FPGA for U250, U280 and U55C (bsc-pm-ompss-at-fpga/ait).
cell xilinx.com:ip:xdma {
  M_AXI {master axi_aclk {}} M_AXI_LITE {master axi_aclk CONFIG.axilite_master_en} pcie_mgt {master {} {}}
} {
  sys_clk I sys_clk_gt I sys_rst_n I usr_irq_req i axi_aclk O axi_aresetn O user_lnk_up O usr_irq_ack O
} {
  CONFIG.mode_selection {Basic Advanced} CONFIG.pcie_blk_locn {PCIE4C_X1Y0 PCIE4C_X1Y1} CONFIG.PCIE_BOARD_INTERFACE {}
  CONFIG.SYS_RST_N_BOARD_INTERFACE {} CONFIG.pl_link_cap_max_link_width {X1 X2 X4 X8 X16}
  CONFIG.pl_link_cap_max_link_speed {2.5_GT/s 5.0_GT/s 8.0_GT/s 16.0_GT/s} CONFIG.axi_data_width {64_bit 128_bit 256_bit 512_bit}
  CONFIG.axisten_freq {62.5 125 250} CONFIG.xdma_axi_intf_mm {AXI_Memory_Mapped AXI_Stream}
  CONFIG.xdma_rnum_chnl {1 2 3 4} CONFIG.xdma_wnum_chnl {1 2 3 4} CONFIG.axilite_master_en {true false}
  CONFIG.axilite_master_scale {Kilobytes Megabytes Gigabytes} CONFIG.axilite_master_size {1 2 4 8 16 32 64 128 256 512}
}
cell xilinx.com:ip:util_ds_buf {CLK_IN_D {slave {} {}}} {IBUF_OUT O IBUF_DS_ODIV2 O} {
  CONFIG.C_BUF_TYPE {IBUFDS IBUFDSGTE} CONFIG.DIFF_CLK_IN_BOARD_INTERFACE {} CONFIG.USE_BOARD_FLOW {true false}
}
cell xilinx.com:ip:clk_wiz {CLK_IN1_D {slave {} {}}} {clk_out1 O locked O} {
  CONFIG.PRIM_SOURCE {Single_ended_clock_capable_pin Differential_clock_capable_pin No_buffer Global_buffer}
  CONFIG.PRIM_IN_FREQ {} CONFIG.CLKOUT1_REQUESTED_OUT_FREQ {} CONFIG.USE_RESET {true false}
}
cell xilinx.com:ip:ddr4 {
  C0_SYS_CLK {slave {} {}} C0_DDR4 {master {} {}} C0_DDR4_S_AXI {slave c0_ddr4_ui_clk {}} C0_DDR4_S_AXI_CTRL {slave c0_ddr4_ui_clk {}}
} {sys_rst I c0_ddr4_aresetn I c0_ddr4_ui_clk O c0_ddr4_ui_clk_sync_rst O c0_init_calib_complete O} {
  CONFIG.C0_CLOCK_BOARD_INTERFACE {} CONFIG.C0_DDR4_BOARD_INTERFACE {} CONFIG.RESET_BOARD_INTERFACE {}
}
# Ports are there as USER_SAXI_nn says; those of stacks of 8 GB have the ending _8HI.
foreach {interfaces pins parameters} [apply {{} {
  for {set n 0} {$n < 16} {incr n} {
    set at [format %02d $n]
    foreach large {{} _8HI} { lappend interfaces SAXI_$at$large [list slave AXI_${at}_ACLK {}] }
    lappend pins AXI_${at}_ACLK I AXI_${at}_ARESET_N I
    lappend parameters CONFIG.USER_SAXI_$at {true false}
  }
  return [list $interfaces $pins $parameters]
}}] {
  cell xilinx.com:ip:hbm $interfaces [concat $pins {
    HBM_REF_CLK_0 I APB_0_PCLK I APB_0_PRESET_N I apb_complete_0 O DRAM_0_STAT_CATTRIP O DRAM_0_STAT_TEMP O
  }] [concat $parameters {
    CONFIG.USER_HBM_DENSITY {4GB 8GB} CONFIG.USER_HBM_STACK {1} CONFIG.USER_SINGLE_STACK_SELECTION {LEFT RIGHT}
    CONFIG.USER_SWITCH_ENABLE_00 {TRUE FALSE} CONFIG.USER_APB_EN {true false} CONFIG.USER_AXI_CLK_FREQ {}
    CONFIG.USER_AXI_INPUT_CLK_FREQ {} CONFIG.USER_CLK_SEL_LIST0 {AXI_00_ACLK}
  }]
}
# Interfaces of a block design: the signals that its wrapper has for each, with their directions at a slave.
set ::stub::bundles {
  diff_clock {clk_p input clk_n input} pcie_7x_mgt {rxp input rxn input txp output txn output} ddr4 {adr output dq inout}
}
