# Whether set-up and hold are met everywhere.
proc timing_is_met {} {
  foreach path [concat [get_timing_paths -max_paths 1 -setup] [get_timing_paths -max_paths 1 -hold]] {
    if {[get_property SLACK $path] < 0} {
      puts "the timing is missed: no bitstream; see reports/vivado/timing_summary.rpt"
      return 0
    }
  }
  return 1
}
