# Block designs: cells with their pins, and whether everything is connected.

namespace eval bd { variable design {} cells {} nets {} links {} ports {} assigned 0 valid 0 board 0 automated {} }

proc do::get_board_parts {given args} { return [lmap pattern $args { string map {:* :1.1} $pattern }] }
proc do::update_ip_catalog {given} { set ::bd::catalogue 1 }
proc set_project {name property value} {
  if {$property eq "ip_repo_paths" && $::ip::root ni $value} { wrong "the IP is in $::ip::root, not in $value" }
  if {$property eq "board_part"} { set ::bd::board 1 }
}
proc do::create_bd_design {given name} { set ::bd::design $name }
proc do::create_bd_cell {given name} {
  if {$::bd::design eq ""} { wrong "no block design is open" }
  set vlnv [option $given -vlnv]
  if {$vlnv eq $::ip::vlnv} {
    set interfaces {s_axi {slave aclk {}} s_axis {slave aclk {}} m_axis {master aclk {}}}
    if {[dict exists $::ip::ports m_axi_arvalid]} { lappend interfaces m_axi {master aclk {}} }
    dict set ::stub::cells $vlnv [list $interfaces {aclk I aresetn I busy O} {}]
  } elseif {![dict exists $::stub::cells $vlnv]} {
    wrong "the catalogue has no $vlnv"
  }
  dict set ::bd::cells $name vlnv $vlnv
  dict set ::bd::cells $name config {}
  return cell:$name
}
proc entry {cell at} { lindex [dict get $::stub::cells [dict get $::bd::cells $cell vlnv]] $at }
proc bd_property {cell property value} {
  set allowed [entry $cell 2]
  if {![dict exists $allowed $property]} { wrong "[dict get $::bd::cells $cell vlnv] has no $property" }
  set values [dict get $allowed $property]
  if {[llength $values] && $value ni $values} { wrong "$property takes $values, not $value" }
  dict set ::bd::cells $cell config $property $value
}
proc config {cell name default} {
  set all [dict get $::bd::cells $cell config]
  expr {[dict exists $all $name] ? [dict get $all $name] : $default}
}
proc do::apply_bd_automation {given object} {
  if {![string match cell:* $object]} { wrong "automation of $object" }
  if {!$::bd::board} { wrong "a board's settings without a board" }
  dict get [option $given -config] apply_board_preset
}
proc pins {given names at} {
  set found {}
  foreach name $names {
    lassign [split $name /] cell pin
    if {![dict exists $::bd::cells $cell]} { wrong "there is no cell $cell" }
    if {![dict exists [entry $cell $at] $pin]} { wrong "$cell has no pin $pin" }
    lappend found pin:$name
  }
  return $found
}
proc do::get_bd_intf_pins {given args} { pins $given $args 0 }
proc do::get_bd_pins {given args} { pins $given $args 1 }
proc do::connect_bd_intf_net {given one other args} {
  set modes {}
  foreach object [list $one $other] {
    set name [regsub {^pin:} $object {}]
    if {[dict exists $::bd::links $name]} { wrong "the interface $name is connected already" }
    lassign [split $name /] cell pin
    lassign [dict get [entry $cell 0] $pin] mode clock switch
    if {$switch ne "" && [config $cell $switch 0] != 1} { wrong "$name is not there without $switch" }
    lappend modes $mode
    dict set ::bd::links $name 1
  }
  if {[lsort $modes] ne {master slave}} { wrong "$one and $other are both $modes" }
  set stream {}
  foreach name [list $one $other] { lappend stream [string match -nocase *axis* $name] }
  if {[lindex $stream 0] != [lindex $stream 1]} { wrong "$one and $other are of different kinds" }
}
proc do::connect_bd_net {given source args} {
  foreach object $args {
    if {[dict exists $::bd::nets $object]} { wrong "$object has two sources" }
    dict set ::bd::nets $object $source
  }
}
proc do::create_bd_port {given name} {
  dict set ::bd::ports $name [option $given -dir]
  return port:$name
}
proc do::assign_bd_address {given args} { set ::bd::assigned 1 }
proc do::validate_bd_design {given} {
  if {!$::bd::assigned} { wrong "the addresses are not assigned" }
  dict for {cell entry} $::bd::cells {
    foreach {pin direction} [entry $cell 1] {
      # A pin that a parameter brings has the parameter's name behind the direction.
      lassign $direction direction switch
      if {$switch ne "" && [config $cell $switch 0] != 1} {
        if {[dict exists $::bd::nets pin:$cell/$pin]} { wrong "$cell/$pin is not there without $switch" }
        continue
      }
      if {$direction eq "I" && ![dict exists $::bd::nets pin:$cell/$pin]} { wrong "$cell/$pin is not connected" }
    }
    foreach {name interface} [entry $cell 0] {
      lassign $interface mode clock switch
      set there [expr {$switch eq "" || [config $cell $switch 0] == 1}]
      foreach {letter count} {S CONFIG.NUM_SI M CONFIG.NUM_MI} {
        if {[regexp "^${letter}(\\d\\d)_AXI$" $name all number]} { set there [expr {[scan $number %d] < [config $cell $count 1]}] }
      }
      if {$there != [dict exists $::bd::links $cell/$name]} { wrong "$cell/$name is [expr {$there ? {not connected} : {not there}}]" }
    }
  }
  foreach {cell data} $::bd::cells {
    if {[dict get $data vlnv] ne "xilinx.com:ip:axi_dma"} continue
    set beat [config $cell CONFIG.c_m_axis_mm2s_tdata_width 32]
    set width [lindex [dict get $::ip::ports s_axis_tdata] 1]
    if {$beat != $width} { wrong "beats of $beat bits go to s_axis of $width" }
    if {[config $cell CONFIG.c_m_axi_mm2s_data_width 32] < $beat} { wrong "the memory side is narrower than the stream" }
    if {[config $cell CONFIG.c_include_sg 1] != 0} { wrong "the driver uses no descriptors" }
  }
  set ::bd::valid 1
}
proc do::save_bd_design {given args} {
  if {!$::bd::valid} { wrong "a design is saved that was not validated" }
  lassign $::stub::project project folder
  set path $folder/$project.srcs/sources_1/bd/$::bd::design
  file mkdir $path
  close [open $path/$::bd::design.bd w]
  lappend ::stub::files [file normalize $path/$::bd::design.bd]
}
proc do::make_wrapper {given file} {
  if {![option $given -top 0]} { wrong "make_wrapper without -top" }
  lassign $::stub::project project folder
  set hdl $folder/$project.gen/sources_1/bd/$::bd::design/hdl
  file mkdir $hdl $folder/$project.gen/sources_1/bd/$::bd::design/hw_handoff
  close [open $folder/$project.gen/sources_1/bd/$::bd::design/hw_handoff/$::bd::design.hwh w]
  set channel [open $hdl/${::bd::design}_wrapper.v w]
  puts $channel "module ${::bd::design}_wrapper ("
  puts $channel [join [lmap {name direction} $::bd::ports { string cat "  " [expr {$direction eq "O" ? "output" : "input"}] " " $name }] ",\n"]
  puts $channel ");\nendmodule"
  close $channel
  return $hdl/${::bd::design}_wrapper.v
}
proc do::write_hw_platform {given file} {
  expect routed write_hw_platform
  if {[file extension $file] ne ".xsa"} { wrong "a platform is an .xsa" }
  writable $file
  close [open $file w]
}
