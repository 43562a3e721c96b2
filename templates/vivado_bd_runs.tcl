add_files -norecurse [make_wrapper -top [get_files system.bd]]
add_files -fileset constrs_1 -norecurse @{ pins }@
set_property top system_wrapper [current_fileset]
update_compile_order -fileset sources_1

proc complete {name} {
  wait_on_run $name
  if {[get_property PROGRESS [get_runs $name]] ne "100%"} {
    error "the run $name has failed ([get_property STATUS [get_runs $name]]): see vivado_bd/system.runs/$name/runme.log"
  }
}
@% include "vivado_timing.tcl" %@

launch_runs synth_1 -jobs 2
complete synth_1
launch_runs impl_1 -to_step write_bitstream -jobs 2
complete impl_1

open_run impl_1
file mkdir reports/vivado bitstream
report_utilization -file reports/vivado/utilization.rpt
report_utilization -hierarchical -hierarchical_depth 6 -file reports/vivado/utilization_hierarchical.rpt
report_timing_summary -delay_type min_max -max_paths 10 -file reports/vivado/timing_summary.rpt
source [file join $build scripts vivado_figures.tcl]
write_figures reports/vivado/figures.tsv