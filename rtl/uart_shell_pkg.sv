`default_nettype none

/// Commands and statuses of the serial line's protocol (docs/uart-protocol.md).
package uart_shell_pkg;
  localparam bit [7:0] CmdIdentify = 8'd1;
  localparam bit [7:0] CmdReset = 8'd2;
  localparam bit [7:0] CmdBlock = 8'd3;
  localparam bit [7:0] CmdResult = 8'd4;
  localparam bit [7:0] CmdRead = 8'd5;
  localparam bit [7:0] CmdWrite = 8'd6;
  localparam bit [7:0] CmdLine = 8'd7;

  localparam bit [7:0] StatusDone = 8'd0;
  localparam bit [7:0] StatusBusy = 8'd1;
  localparam bit [7:0] StatusNotYet = 8'd2;
  localparam bit [7:0] StatusWrongNumber = 8'd3;
  localparam bit [7:0] StatusWrongRequest = 8'd4;
  localparam bit [7:0] StatusBadPacket = 8'd5;
  /// RESP 2 and 3 of a register's answer are statuses 6 and 7.
  localparam bit [7:0] StatusBus = 8'd4;
  localparam bit [7:0] StatusDecode = 8'd7;
endpackage

`default_nettype wire
