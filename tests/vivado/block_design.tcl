# Block designs: cells with their pins, and whether everything is connected.

namespace eval bd {
  variable design {} cells {} nets {} links {} ports {} bundles {} placed {} spaces {} assigned 0 valid 0 board 0 automated {}
}

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
    foreach port [dict keys $::ip::ports m_axi*_arvalid] {
      lappend interfaces [string range $port 0 end-[string length _arvalid]] {master aclk {}}
    }
    dict set ::stub::cells $vlnv [list $interfaces {aclk I aresetn I busy O} {}]
  } elseif {![dict exists $::stub::cells $vlnv]} {
    wrong "the catalogue has no $vlnv"
  }
  dict set ::bd::cells $name vlnv $vlnv
  dict set ::bd::cells $name config {}
  return cell:$name
}
# A port of the design that is a bundle of signals.
proc do::create_bd_intf_port {given name} {
  if {![regexp {^xilinx.com:interface:(\w+)_rtl:1.0$} [option $given -vlnv] all kind] || ![dict exists $::stub::bundles $kind]} {
    wrong "no interface of a port: [option $given -vlnv]"
  }
  # From within, the port of a slave gives.
  dict set ::bd::bundles $name [list [expr {[option $given -mode] eq "Slave" ? "master" : "slave"}] $kind]
  return bdport:$name
}
proc do::get_bd_intf_ports {given args} {
  return [lmap name $args { if {![dict exists $::bd::bundles $name]} { wrong "there is no interface $name" }; string cat bdport: $name }]
}
proc do::get_bd_ports {given args} {
  return [lmap name $args { if {![dict exists $::bd::ports $name]} { wrong "there is no port $name" }; string cat bdport: $name }]
}
proc entry {cell at} { lindex [dict get $::stub::cells [dict get $::bd::cells $cell vlnv]] $at }
proc bd_property {cell property value} {
  set allowed [entry $cell 2]
  if {![dict exists $allowed $property]} { wrong "[dict get $::bd::cells $cell vlnv] has no $property" }
  set values [dict get $allowed $property]
  if {[llength $values] && $value ni $values} { wrong "$property takes $values, not $value" }
  dict set ::bd::cells $cell config $property $value
  # The board's files place the pins.
  if {[string match *_BOARD_INTERFACE $property] && $value ne "Custom"} { lappend ::bd::placed $value }
}
proc config {cell name default} {
  set all [dict get $::bd::cells $cell config]
  expr {[dict exists $all $name] ? [dict get $all $name] : $default}
}
# Whether a parameter brings something.
proc on {cell switch} { expr {$switch eq "" || [config $cell $switch 0] in {1 true}} }
# Whether an interface or a pin of a cell is there, for those that numbers and other parameters bring.
proc is_there {cell name} {
  foreach {pattern parameter} {{^S(\d\d)_AXI$} NUM_SI {^M(\d\d)_AXI$} NUM_MI {^aclk(\d+)$} NUM_CLKS} {
    if {[regexp $pattern $name all number]} { return [expr {[scan $number %d] < [config $cell CONFIG.$parameter 1]}] }
  }
  if {[regexp {^S?AXI_(\d\d)(_8HI)?} $name all number large]} {
    if {[config $cell CONFIG.USER_SAXI_$number true] ne "true"} { return 0 }
    return [expr {![string match SAXI* $name] || ($large ne "") == ([config $cell CONFIG.USER_HBM_DENSITY 4GB] eq "8GB")}]
  }
  return 1
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
    set name [regsub {^(pin|bdport):} $object {}]
    if {[dict exists $::bd::links $name]} { wrong "the interface $name is connected already" }
    if {[string match bdport:* $object]} {
      set mode [lindex [dict get $::bd::bundles $name] 0]
    } else {
      lassign [split $name /] cell pin
      lassign [dict get [entry $cell 0] $pin] mode clock switch
      if {![on $cell $switch]} { wrong "$name is not there without $switch" }
      if {![is_there $cell $pin]} { wrong "$name is not there" }
    }
    lappend modes $mode
    lappend names $name
  }
  dict set ::bd::links [lindex $names 0] [lindex $names 1]
  dict set ::bd::links [lindex $names 1] [lindex $names 0]
  if {[lsort $modes] ne {master slave}} { wrong "$one and $other are both $modes" }
  set stream {}
  foreach name [list $one $other] { lappend stream [string match -nocase *axis* $name] }
  if {[lindex $stream 0] != [lindex $stream 1]} { wrong "$one and $other are of different kinds" }
}
# Direction of a pin of a cell, or of a port seen from within.
proc direction {object} {
  if {[regexp {^pin:([^/]+)/(.*)$} $object all cell pin]} { return [string toupper [lindex [dict get [entry $cell 1] $pin] 0]] }
  set direction [dict get $::bd::ports [regsub {^(bdport|port):} $object {}]]
  return [expr {$direction eq "O" ? "I" : "O"}]
}
proc do::connect_bd_net {given source args} {
  if {[direction $source] ne "O"} { wrong "$source is no source" }
  foreach object $args {
    if {[direction $object] ne "I"} { wrong "$object takes nothing" }
    if {[dict exists $::bd::nets $object]} { wrong "$object has two sources" }
    dict set ::bd::nets $object $source
  }
}
proc do::create_bd_port {given name} {
  dict set ::bd::ports $name [option $given -dir]
  return port:$name
}
proc do::get_bd_addr_spaces {given args} { return [lmap name $args { string cat space: $name }] }
proc do::get_bd_addr_segs {given args} { return [lmap name $args { string cat seg: $name }] }
# Address spaces by their master interface, segments by their slave interface.
proc master_of {space} { string map {Data_MM2S M_AXI_MM2S Data_S2MM M_AXI_S2MM} $space }
proc slave_of {segment} {
  regsub {/C0_DDR4_MEMORY_MAP(_CTRL)?/\w+$} $segment {/C0_DDR4_S_AXI\1/x} segment
  return [file dirname $segment]
}
# The slave interfaces that a master reaches.
proc reached {master} {
  if {![dict exists $::bd::links $master]} { wrong "$master leads nowhere" }
  set slave [dict get $::bd::links $master]
  lassign [split $slave /] cell pin
  if {[dict get $::bd::cells $cell vlnv] ne "xilinx.com:ip:smartconnect"} { return [list $slave] }
  set found {}
  foreach out [dict keys $::bd::links $cell/M*_AXI] { lappend found {*}[reached $out] }
  return $found
}
proc do::assign_bd_address {given args} {
  set ::bd::assigned 1
  if {![llength $args]} { return }
  set space [regsub {^space:} [option $given -target_address_space] {}]
  set segment [regsub {^seg:} [lindex $args 0] {}]
  set slave [slave_of $segment]
  if {$slave ni [reached [master_of $space]]} { wrong "$space does not reach $slave" }
  set from [expr {[option $given -offset]}]
  set to [expr {$from + [option $given -range]}]
  if {[option $given -range] & ([option $given -range] - 1) || $from % [option $given -range]} { wrong "$segment at $from is not aligned" }
  dict for {other entries} $::bd::spaces {
    foreach {name begin end} $entries {
      if {$other eq $space && $from < $end && $begin < $to} { wrong "$segment and $name are at the same addresses of $space" }
      if {$name eq $segment && $begin != $from} { wrong "$segment is at two places" }
    }
  }
  dict lappend ::bd::spaces $space $segment $from $to
  set ::bd::assigned explicit
}
# Every master that leads to a slave has an address for it.
proc check_addresses {} {
  foreach {name} [dict keys $::bd::links] {
    lassign [split $name /] cell pin
    if {![dict exists $::bd::cells $cell]} continue
    if {[dict get $::bd::cells $cell vlnv] eq "xilinx.com:ip:smartconnect" || [string match -nocase *axis* $pin]} continue
    if {[lindex [dict get [entry $cell 0] $pin] 0] ne "master" || ![string match -nocase m_axi* $pin]} continue
    set space [string map {M_AXI_MM2S Data_MM2S M_AXI_S2MM Data_S2MM} $name]
    if {![dict exists $::bd::spaces $space]} { wrong "$space has no addresses" }
    set slaves [lmap {segment from to} [dict get $::bd::spaces $space] { slave_of $segment }]
    foreach slave [reached $name] { if {$slave ni $slaves} { wrong "$space has no address for $slave" } }
  }
}
proc do::validate_bd_design {given} {
  if {$::bd::assigned eq "0"} { wrong "the addresses are not assigned" }
  if {$::bd::assigned eq "explicit"} check_addresses
  dict for {name entry} $::bd::bundles { if {![dict exists $::bd::links $name]} { wrong "the port $name is not connected" } }
  dict for {cell entry} $::bd::cells {
    foreach {pin direction} [entry $cell 1] {
      # A pin that a parameter brings has the parameter's name behind the direction.
      lassign $direction direction switch
      if {![on $cell $switch] || ![is_there $cell $pin]} {
        if {[dict exists $::bd::nets pin:$cell/$pin]} { wrong "$cell/$pin is not there[expr {$switch eq {} ? {} : " without $switch"}]" }
        continue
      }
      if {$direction eq "I" && ![dict exists $::bd::nets pin:$cell/$pin]} { wrong "$cell/$pin is not connected" }
    }
    foreach {name interface} [entry $cell 0] {
      lassign $interface mode clock switch
      set there [expr {[on $cell $switch] && [is_there $cell $name]}]
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
  set ports [lmap {name direction} $::bd::ports { string cat "  " [expr {$direction eq "O" ? "output" : "input"}] " " $name }]
  dict for {name bundle} $::bd::bundles {
    lassign $bundle mode kind
    foreach {signal direction} [dict get $::stub::bundles $kind] {
      lappend ports "  $direction ${name}_$signal"
      if {$name in $::bd::placed || $kind eq "pcie_7x_mgt"} { lappend ::stub::elsewhere ${name}_$signal }
      # Those of a transceiver have no I/O standard.
      if {[string match pcie_refclk* $name]} { lappend ::stub::transceivers ${name}_$signal }
    }
  }
  foreach name [dict keys $::bd::ports] { if {$name in $::bd::placed} { lappend ::stub::elsewhere $name } }
  puts $channel [join $ports ",\n"]
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
