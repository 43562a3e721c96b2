set part @{ flow.part }@
@%- if flow.part_argument %@
foreach argument $argv {
  if {$argument ne "create"} { set part $argument }
}
@%- endif %@
# A generic carries the path to the synthesis of the memory images.
if {![regexp {^[A-Za-z0-9_./:+-]+$} $build]} {
  error "the path of the build folder has a character that Vivado's generics do not carry: move it from $build"
}
