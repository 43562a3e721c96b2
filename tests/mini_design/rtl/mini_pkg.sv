package mini_pkg;
  localparam int FifoInWidth = 16;
endpackage
