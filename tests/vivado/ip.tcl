# Packaging: what ipx:: commands make, and whether it is a whole IP.

namespace eval ip { variable root {} vlnv {} core {} buses {} spaces {} blocks {} registers {} maps {} clocks {} resets {} saved 1 module {} }

proc of_core {name object} { if {$object ne "core:current"} { wrong "$name of $object, which is no core" } }

proc do::ipx::package_project {given} {
  if {$::stub::top eq ""} { wrong "the project has no top" }
  foreach name {-root_dir -vendor -library} {
    if {[option $given $name] eq ""} { wrong "package_project without $name" }
  }
  set ::ip::root [option $given -root_dir]
  set ::ip::module $::stub::top
  # UG1118, Top-Level HDL Requirements.
  foreach path $::stub::sources {
    if {[file rootname [file tail $path]] eq $::stub::top && [file extension $path] ne ".v"} {
      wrong "the top of an IP is Verilog or VHDL, not $path"
    }
  }
  foreach variable {buses blocks registers maps clocks resets} { set ::ip::$variable {} }
  # The packager guesses interfaces; they are here to be removed.
  dict set ::ip::buses guessed {mode slave ports {} kind {} parameters {}}
  set ::ip::maps [list guessed]
  set ::ip::spaces [dict create guessed {}]
  set ::ip::core [dict create vendor [option $given -vendor] library [option $given -library]]
  set ::ip::saved 0
}
proc do::ipx::current_core {given args} { if {$::ip::saved} { wrong "no core is open" }; return core:current }
proc set_core {name property value} {
  switch $property {
    name - version { if {![regexp {^[A-Za-z0-9_.]+$} $value]} { wrong "$property of the core: $value" } }
    display_name - description {
      if {![regexp {^[ -~]*$} $value]} { wrong "$property has characters that are not ASCII" }
    }
    supported_families {
      foreach {family state} $value {
        if {$state ni {Production Beta Pre-Production}} { wrong "family $family in state $state" }
      }
    }
  }
  dict set ::ip::core $property $value
}

proc do::ipx::get_bus_interfaces {given args} { of_core get_bus_interfaces [option $given -of_objects]; lmap n [dict keys $::ip::buses] { string cat bus: $n } }
proc do::ipx::get_memory_maps {given args} { of_core get_memory_maps [option $given -of_objects]; lmap n $::ip::maps { string cat map: $n } }
proc do::ipx::get_address_spaces {given args} { of_core get_address_spaces [option $given -of_objects]; lmap n [dict keys $::ip::spaces] { string cat space: $n } }
proc do::ipx::remove_address_space {given name core} {
  of_core remove_address_space $core
  if {![dict exists $::ip::spaces $name]} { wrong "there is no address space $name" }
  dict unset ::ip::spaces $name
}
proc do::ipx::add_address_space {given name core} {
  of_core add_address_space $core
  if {[dict exists $::ip::spaces $name]} { wrong "the address space $name is there already" }
  dict set ::ip::spaces $name {}
  return space:$name
}
proc set_space {name property value} { dict set ::ip::spaces $name $property $value }
proc do::ipx::remove_bus_interface {given name core} {
  of_core remove_bus_interface $core
  if {![dict exists $::ip::buses $name]} { wrong "there is no interface $name" }
  dict unset ::ip::buses $name
}
proc do::ipx::remove_memory_map {given name core} {
  of_core remove_memory_map $core
  if {$name ni $::ip::maps} { wrong "there is no memory map $name" }
  set ::ip::maps [lsearch -all -inline -not -exact $::ip::maps $name]
}
proc do::ipx::add_bus_interface {given name core} {
  of_core add_bus_interface $core
  if {[dict exists $::ip::buses $name]} { wrong "the interface $name is there already" }
  dict set ::ip::buses $name {mode {} ports {} kind {} parameters {}}
  return bus:$name
}
proc set_bus {name property value} {
  switch $property {
    interface_mode { dict set ::ip::buses $name mode $value }
    bus_type_vlnv { dict set ::ip::buses $name kind [lindex [split $value :] 2] }
    slave_memory_map_ref { if {$value ni $::ip::maps} { wrong "there is no memory map $value" } }
    master_address_space_ref {
      if {![dict exists $::ip::spaces $value]} { wrong "there is no address space $value" }
      dict set ::ip::buses $name $property $value
    }
  }
}
# Logical ports of the bus definitions, with their direction at a slave: AMBA AXI4 and AXI4-Stream as UG1037 has them.
set ::ip::logical {
  clock {CLK input} reset {RST input}
  axis {TVALID input TREADY output TDATA input TLAST input TKEEP input TSTRB input TUSER input}
  aximm {
    AWVALID input AWREADY output AWADDR input AWPROT input WVALID input WREADY output WDATA input WSTRB input
    BVALID output BREADY input BRESP output ARVALID input ARREADY output ARADDR input ARPROT input
    RVALID output RREADY input RDATA output RRESP output
    ARID input ARLEN input ARSIZE input ARBURST input ARLOCK input ARCACHE input ARQOS input RID output RLAST output
  }
}
proc do::ipx::add_port_map {given logical bus} {
  set name [regsub {^bus:} $bus {}]
  set kind [dict get $::ip::buses $name kind]
  if {![dict exists $::ip::logical $kind $logical]} { wrong "$kind has no port $logical" }
  dict set ::ip::buses $name ports $logical {}
  return portmap:$name/$logical
}
proc set_portmap {name property value} {
  lassign [split $name /] bus logical
  lassign [ports_of $::ip::module] ports
  if {![dict exists $ports $value]} { wrong "$::ip::module has no port $value" }
  set expected [dict get $::ip::logical [dict get $::ip::buses $bus kind] $logical]
  if {[dict get $::ip::buses $bus mode] eq "master"} { set expected [expr {$expected eq "input" ? "output" : "input"}] }
  if {[lindex [dict get $ports $value] 0] ne $expected} { wrong "$value is no $expected, as $bus/$logical should be" }
  dict set ::ip::buses $bus ports $logical $value
}
proc do::ipx::add_bus_parameter {given name bus} { return busparameter:[regsub {^bus:} $bus {}]/$name }
proc set_busparameter {name property value} {
  lassign [split $name /] bus parameter
  dict set ::ip::buses $bus parameters $parameter $value
}
proc do::ipx::associate_bus_interfaces {given core} {
  of_core associate_bus_interfaces $core
  foreach name {-busif -clock -reset} {
    set bus [option $given $name]
    if {$bus ne "" && ![dict exists $::ip::buses $bus]} { wrong "there is no interface $bus" }
  }
  if {[option $given -clock] eq ""} { wrong "associate_bus_interfaces without -clock" }
  if {[option $given -busif] ne ""} { dict set ::ip::clocks [option $given -busif] [option $given -clock] }
  if {[option $given -reset] ne ""} { dict set ::ip::resets [option $given -clock] [option $given -reset] }
}
proc do::ipx::add_memory_map {given name core} { of_core add_memory_map $core; lappend ::ip::maps $name; return map:$name }
proc do::ipx::add_address_block {given name map} { dict set ::ip::blocks $name {}; return block:$name }
proc set_block {name property value} { dict set ::ip::blocks $name $property $value }
proc do::ipx::add_register {given name block} {
  if {![regexp {^[A-Za-z_]\w*$} $name]} { wrong "no name of a register: $name" }
  if {[dict exists $::ip::registers $name]} { wrong "the register $name is there already" }
  dict set ::ip::registers $name {}
  return register:$name
}
proc set_register {name property value} { dict set ::ip::registers $name $property $value }
proc do::ipx::add_register_parameter {given name register} { return registerparameter:[regsub {^register:} $register {}]/$name }
proc do::ipgui::get_guiparamspec {given} {
  of_core get_guiparamspec [option $given -component]
  lassign [ports_of $::ip::module] ports parameters
  if {[option $given -name] ni $parameters} { wrong "$::ip::module has no parameter [option $given -name]" }
  return guiparameter:[option $given -name]
}
foreach name {create_xgui_files update_checksums check_integrity} {
  proc do::ipx::$name {given core} [format {of_core %s $core} $name]
}

# What makes it whole.
proc do::ipx::save_core {given core} {
  of_core save_core $core
  lassign [ports_of $::ip::module] ports
  set mapped {}
  dict for {bus entry} $::ip::buses {
    dict for {logical physical} [dict get $entry ports] {
      if {$physical eq ""} { wrong "$bus/$logical has no port" }
      if {$physical in $mapped} { wrong "the port $physical is in two interfaces" }
      lappend mapped $physical
    }
    if {[dict get $entry kind] in {axis aximm} && ![dict exists $::ip::clocks $bus]} { wrong "$bus has no clock" }
    if {[dict get $entry kind] eq "aximm" && [dict get $entry mode] eq "master"} {
      if {![dict exists $entry master_address_space_ref]} { wrong "$bus has no address space" }
      set space [dict get $::ip::spaces [dict get $entry master_address_space_ref]]
      set width [lindex [dict get $ports ${bus}_araddr] 1]
      if {[dict get $space width] != $width || [dict get $space range] != 1 << $width} { wrong "addresses of $width bits reach $space" }
    }
  }
  foreach port [dict keys $ports] {
    if {$port ni $mapped && $port ne "busy"} { wrong "the port $port is in no interface" }
  }
  if {[dict keys $::ip::resets] ne "aclk"} { wrong "the clock has no reset" }
  if {[dict get $::ip::buses aresetn parameters POLARITY] ne "ACTIVE_LOW"} { wrong "aresetn is active low" }
  foreach {block entry} $::ip::blocks { set range [dict get $entry range] }
  set width [lindex [dict get $ports s_axi_awaddr] 1]
  if {$range < 4096 || $range & ($range - 1) || $range < 1 << $width} { wrong "an address block of $range bytes" }
  set taken {}
  dict for {name entry} $::ip::registers {
    set offset [expr {[dict get $entry address_offset]}]
    if {$offset % 4 || $offset + 4 > 1 << $width || $offset in $taken} { wrong "the register $name at $offset" }
    lappend taken $offset
  }
  puts "REGISTERS [dict size $::ip::registers]"
  puts "DISPLAY [dict get $::ip::core display_name]"
  set ::ip::vlnv [join [lmap key {vendor library name version} { dict get $::ip::core $key }] :]
  set ::ip::ports $ports
  set ::ip::saved 1
  file mkdir $::ip::root
}
proc finish_ip {} { if {!$::ip::saved} { wrong "the core was not saved" } }
