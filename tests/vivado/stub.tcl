# Runs a generated script with Vivado's commands defined as recorders that check how they are called.
#
#     tclsh stub.tcl BUILD SCRIPT [ARGUMENT...]
#
# Every call is printed as a list after `CALL`. Anything that Vivado is not documented to take ends the program with a
# message: an unknown command, option, value or property, a missing file, a wrong order. STUB_SLACK is what timing leaves.
# STUB_REPORTS are the beginnings of the files of the reports that are returned as strings: utilisation, and timing.

namespace eval stub {
  variable specs {} properties {} cells {}
  # What has been read, made and set.
  variable part {} project {} stage none sources {} files {} constraints {} ports {} placed {} top {} pins {}
  variable generics {} runs {} written 0
  # Ports whose pins are in files of the board; ports of transceivers.
  variable elsewhere {} transceivers {}
}

proc wrong {text} { error "STUB: $text" }

proc command {name source flags options fewest most} {
  dict set ::stub::specs $name [list $source $flags $options $fewest $most]
  if {[string match *::* $name]} { namespace eval ::[namespace qualifiers $name] {} }
  proc ::$name args "call [list $name] \$args"
}
proc property {kind allowed} { dict set ::stub::properties $kind $allowed }
proc cell {vlnv interfaces pins parameters} {
  dict set ::stub::cells $vlnv [list $interfaces $pins $parameters]
}

# Checks a call against its row of the table, then does it.
proc call {name words} {
  puts "CALL [list $name {*}$words]"
  lassign [dict get $::stub::specs $name] source flags options fewest most
  set given {}
  set rest {}
  for {set at 0} {$at < [llength $words]} {incr at} {
    set word [lindex $words $at]
    # A value may begin with a hyphen; an option is a word of the script.
    if {![regexp {^-[a-z_]+$} $word]} { lappend rest $word; continue }
    if {$word in $flags || $word in $::stub::common} { dict set given $word 1; continue }
    if {![dict exists $options $word]} { wrong "$name has no option $word ($source)" }
    if {[incr at] >= [llength $words]} { wrong "$name: option $word has no value" }
    set value [lindex $words $at]
    set allowed [dict get $options $word]
    if {[llength $allowed] && $value ni $allowed} { wrong "$name: $word takes $allowed, not $value ($source)" }
    if {[dict exists $given $word] && $word ne "-generic"} { wrong "$name: option $word comes twice" }
    dict set given $word $value
  }
  if {[llength $rest] < $fewest || ($most ne "inf" && [llength $rest] > $most)} {
    wrong "$name takes $fewest to $most arguments, not [llength $rest]: $rest ($source)"
  }
  if {[info procs ::do::$name] eq ""} { return "" }
  return [::do::$name $given {*}$rest]
}
set ::stub::common {-quiet -verbose}

proc option {given name {default {}}} { expr {[dict exists $given $name] ? [dict get $given $name] : $default} }
proc there {path} {
  if {![file isfile $path]} { wrong "there is no file $path" }
  return [file normalize $path]
}
proc writable {path} {
  if {![file isdirectory [file dirname $path]]} { wrong "there is no folder for $path" }
}
proc expect {stages what} {
  if {$::stub::stage ni $stages} { wrong "$what when the design is $::stub::stage" }
}

# Ports of a module, with their widths, out of the sources.
proc ports_of {module} {
  foreach path $::stub::sources {
    if {![string match *.*v $path]} continue
    set channel [open $path]
    set text [regsub -all -line {//.*$} [read $channel] ""]
    close $channel
    if {![regexp "\\mmodule\\s+$module\\M\[^;\]*;" $text head]} continue
    set ports {}
    foreach {all direction range name} [regexp -all -inline {\m(input|output|inout)\s+(?:(?:logic|wire)\M\s*)*(\[[^\]]*\])?\s*(\w+)} $head] {
      set width 1
      if {[regexp {\[\s*(\d+)\s*:\s*0\s*\]} $range all high]} { set width [expr {$high + 1}] }
      dict set ports $name [list $direction $width]
    }
    set parameters [regexp -all -inline {\mparameter\s+(?:[a-z ]+\s)?(\w+)\s*=} $head]
    return [list $ports [dict values $parameters]]
  }
  wrong "no source has the module $module"
}

namespace eval do { namespace eval ipx {}; namespace eval ipgui {} }
proc do::create_project {given args} {
  set ::stub::part [option $given -part]
  if {![regexp {^xc[a-z0-9]+-?[a-zA-Z0-9-]+$} $::stub::part]} { wrong "no part: $::stub::part" }
  lassign $args name folder
  set ::stub::project [list $name $folder]
  foreach {variable value} {stage none sources {} files {} constraints {} top {} pins {} generics {} runs {}} {
    set ::stub::$variable $value
  }
  if {[option $given -in_memory 0] == ($name ne "")} { wrong "a project has a name or is in memory" }
  if {$folder ne ""} { file mkdir $folder }
  return project:$name
}
proc do::close_project {given} {
  if {$::stub::part eq ""} { wrong "no project is open" }
  set ::stub::part {}
}
proc do::current_project {given args} { return project:[lindex $::stub::project 0] }
proc do::current_fileset {given} { return fileset:sources_1 }
proc do::read_verilog {given files} {
  foreach file $files {
    if {[file extension $file] eq ".sv" && ![option $given -sv 0]} { wrong "$file is SystemVerilog" }
    lappend ::stub::sources [there $file]
  }
}
proc do::add_files {given args} {
  set added {}
  foreach file [concat {*}$args] {
    set path [there $file]
    if {[option $given -fileset sources_1] eq "constrs_1"} {
      lappend ::stub::constraints $path
    } else {
      lappend ::stub::sources $path
    }
    lappend ::stub::files $path
    lappend added file:$path
  }
  return $added
}
proc do::get_files {given args} {
  set found {}
  foreach path $::stub::files {
    foreach pattern $args { if {[string match */$pattern $path]} { lappend found file:$path } }
  }
  if {![llength $found]} { wrong "get_files $args finds nothing" }
  return $found
}
proc do::read_xdc {given file} { lappend ::stub::constraints [there $file] }
proc do::update_compile_order {given} { return }

proc do::set_property {given args} {
  if {[dict exists $given -dict]} {
    if {[llength $args] != 1} { wrong "set_property -dict takes the objects" }
    set pairs [dict get $given -dict]
    set objects [lindex $args 0]
  } elseif {[dict exists $given -name]} {
    set pairs [list [dict get $given -name] [dict get $given -value]]
    set objects [dict get $given -objects]
  } else {
    if {[llength $args] != 3} { wrong "set_property takes name, value and objects: $args" }
    set pairs [lrange $args 0 1]
    set objects [lindex $args 2]
  }
  if {[llength $objects] == 0} { wrong "set_property $pairs of nothing" }
  foreach object $objects {
    if {![regexp {^(\w+):(.*)$} $object all kind name]} { wrong "no object: $object" }
    foreach {property value} $pairs {
      if {$kind eq "cell"} { bd_property $name $property $value; continue }
      checked_property $kind $property $value
      if {[info procs ::set_$kind] ne ""} { ::set_$kind $name $property $value }
    }
  }
}
proc checked_property {kind property value} {
  if {![dict exists $::stub::properties $kind]} { wrong "$kind has no properties that are set" }
  set table [dict get $::stub::properties $kind]
  if {![dict exists $table $property]} { wrong "$kind has no property $property" }
  set allowed [dict get $table $property]
  if {[llength $allowed] && $value ni $allowed} { wrong "$property of $kind takes $allowed, not $value" }
}
proc set_fileset {name property value} {
  if {$property eq "top"} { set ::stub::top $value }
  if {$property eq "generic"} { lappend ::stub::generics $value }
}
proc set_file {name property value} {
  if {$property eq "USED_IN"} {
    foreach use $value {
      if {$use ni {synthesis implementation simulation out_of_context}} { wrong "USED_IN $use" }
    }
  }
}
proc do::get_property {given name object} {
  if {![regexp {^(\w+):(.*)$} $object all kind label]} { wrong "no object: $object" }
  set table [dict get $::stub::properties $kind]
  if {![dict exists $table $name]} { wrong "$kind has no property $name" }
  switch $kind/$name {
    run/PROGRESS { return [expr {$label in $::stub::runs ? "100%" : "0%"}] }
    run/STATUS { return "complete" }
    design/TOP { return $::stub::top }
    design/PART { return $::stub::part }
    clock/PERIOD { return 10.000 }
    path/STARTPOINT_PIN { return [core_instance]u_s0_fc1/u_weights/data_o_reg/CLKARDCLK }
    path/ENDPOINT_PIN { return [core_instance]u_s1_act1/sum_q_reg\[3\]/D }
    path/DATAPATH_LOGIC_DELAY { return 3.250 }
    path/DATAPATH_NET_DELAY { return 1.125 }
    path/LOGIC_LEVELS { return 4 }
    path/SLACK { return [expr {[info exists ::env(STUB_SLACK)] ? $::env(STUB_SLACK) : 0.5}] }
  }
  return $label
}

# What is before an instance of the core in names of cells.
proc core_instance {} {
  switch $::stub::top {
    board_top { return u_core/ }
    system_wrapper { return system_i/snn/inst/u_core/ }
  }
  return ""
}

# Reads the constraints in an interpreter that knows no other commands than those of constraints.
proc constrain {module} {
  lassign [ports_of $module] ::stub::ports
  set ::stub::placed {}
  set reader [interp create -safe]
  foreach name {create_clock set_property set_false_path get_ports current_design} {
    interp alias $reader $name {} ::call_words $name
  }
  foreach path $::stub::constraints {
    set channel [open $path]
    interp eval $reader [read $channel]
    close $channel
  }
  interp delete $reader
  foreach port [dict keys $::stub::ports] {
    if {$port in $::stub::elsewhere} {
      if {[dict exists $::stub::placed $port PACKAGE_PIN]} { wrong "the port $port has two pins" }
      continue
    }
    set complete [expr {[dict exists $::stub::placed $port PACKAGE_PIN] &&
      ($port in $::stub::transceivers || [dict exists $::stub::placed $port IOSTANDARD])}]
    if {!$complete} { lappend unplaced $port }
  }
  set ::stub::pins [expr {![info exists unplaced]}]
}
proc call_words {name args} { call $name $args }
proc do::get_ports {given args} {
  set found {}
  foreach name [concat {*}$args] {
    if {![dict exists $::stub::ports $name]} { wrong "there is no port $name; there are [dict keys $::stub::ports]" }
    lappend found port:$name
  }
  return $found
}
proc do::current_design {given args} { return design:current }
proc set_port {name property value} { dict set ::stub::placed $name $property $value }
proc do::create_clock {given args} {
  if {![string is double -strict [option $given -period]]} { wrong "a clock without a period" }
}
proc check_generics {module generics} {
  lassign [ports_of $module] ports parameters
  foreach generic $generics {
    if {![regexp {^(\w+)=(\S*)$} $generic all name value]} { wrong "a generic is NAME=VALUE: $generic" }
    if {$name ni $parameters} { wrong "$module has no parameter $name; it has $parameters" }
    if {$name eq "RomPath" && ![file isdirectory $value]} { wrong "RomPath is no folder: $value" }
  }
}

proc do::synth_design {given} {
  expect none synth_design
  set module [option $given -top]
  if {[option $given -part] ne $::stub::part} { wrong "two parts" }
  check_generics $module [option $given -generic]
  constrain $module
  set ::stub::top $module
  set ::stub::stage synthesised
}
proc do::opt_design {given} { expect synthesised opt_design; set ::stub::stage optimised }
proc do::place_design {given} { expect optimised place_design; set ::stub::stage placed }
proc do::phys_opt_design {given} { expect {placed routed} phys_opt_design }
proc do::route_design {given} { expect placed route_design; set ::stub::stage routed }
proc do::write_checkpoint {given file} { expect {synthesised placed routed} write_checkpoint; writable $file }
proc report {given} {
  expect {synthesised placed routed} "a report"
  set file [option $given -file]
  if {$file ne ""} { writable $file }
}
proc returned {given name} {
  report $given
  if {![option $given -return_string 0] || ![info exists ::env(STUB_REPORTS)]} { return "" }
  set channel [open [lindex $::env(STUB_REPORTS) [expr {$name eq ""}]]$name.rpt]
  set text [read $channel]
  close $channel
  return $text
}
proc do::report_utilization {given} {
  returned $given [expr {[option $given -hierarchical 0] ? "utilization_hierarchical" : "utilization"}]
}
proc do::report_timing_summary {given} { returned $given "" }
proc do::report_route_status {given} {
  report $given
  if {[option $given -boolean_check] ne ""} { return [expr {$::stub::stage eq "routed"}] }
}
proc do::report_drc {given} { report $given }
proc do::version {given} { return [expr {[option $given -short 0] ? "2023.2" : "Vivado v2023.2 (64-bit)"}] }
proc do::get_clocks {given args} { return clock:clk }
proc do::get_timing_paths {given} { expect {synthesised placed routed} get_timing_paths; return path:worst }
proc do::write_bitstream {given file} {
  expect routed write_bitstream
  if {!$::stub::pins} { wrong "write_bitstream: a port of $::stub::top has no pin or no I/O standard (DRC NSTD-1, UCIO-1)" }
  writable $file
  close [open $file w]
}

# Runs of a project.
proc do::get_runs {given args} { return [lmap name $args { string cat run: $name }] }
proc do::launch_runs {given name} {
  set name [regsub {^run:} $name {}]
  switch $name {
    synth_1 { check_generics $::stub::top $::stub::generics; constrain $::stub::top }
    impl_1 { if {"synth_1" ni $::stub::runs} { wrong "impl_1 before synth_1 is complete" } }
    default { wrong "there is no run $name" }
  }
  lassign $::stub::project project folder
  file mkdir $folder/$project.runs/$name
  if {[option $given -to_step] eq "write_bitstream"} {
    if {!$::stub::pins} { wrong "write_bitstream: a port of $::stub::top has no pin" }
    close [open $folder/$project.runs/$name/$::stub::top.bit w]
  }
}
proc do::wait_on_run {given name} { lappend ::stub::runs [regsub {^run:} $name {}] }
proc do::open_run {given name} {
  if {$name ni $::stub::runs} { wrong "the run $name is not complete" }
  set ::stub::stage routed
}

set here [file dirname [file normalize [info script]]]
source [file join $here commands.tcl]
source [file join $here ip.tcl]
source [file join $here block_design.tcl]

set argv [lassign $argv ::stub::build ::stub::script]
set argc [llength $argv]
source [file join $::stub::build $::stub::script]
finish_ip
puts "DONE"
