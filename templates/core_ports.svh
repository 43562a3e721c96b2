  /// Folder of the memory images with a final slash, seen from where the tool runs.
  parameter RomPath = "rom/",
  /// Bits of an element of a sample, and elements of a beat.
  localparam int unsigned ElementWidth = @{ element_bits }@,
  localparam int unsigned InLanes = @{ input_lanes }@,
  /// Bits of a beat of samples.
  localparam int unsigned InWidth = ElementWidth * InLanes,
  /// Bits of a word of a result frame.
  localparam int unsigned OutWidth = 32,
  /// Bits of an address and of a word of the registers.
  localparam int unsigned AddrWidth = @{ addr_width }@,
  localparam int unsigned DataWidth = 32
) (
  input  wire logic                   clk_i,
  /// Synchronous, active high.
  input  wire logic                   rst_i,
  /// Samples, AXI4-Stream.
  input  wire logic                   s_axis_tvalid_i,
  output      logic                   s_axis_tready_o,
  input  wire logic [InWidth-1:0]     s_axis_tdata_i,
  input  wire logic                   s_axis_tlast_i,
  /// Result frames, AXI4-Stream.
  output      logic                   m_axis_tvalid_o,
  input  wire logic                   m_axis_tready_i,
  output      logic [OutWidth-1:0]    m_axis_tdata_o,
  output      logic                   m_axis_tlast_o,
  /// Control, status and counters, AXI4-Lite.
  input  wire logic                   s_axi_awvalid_i,
  output      logic                   s_axi_awready_o,
  input  wire logic [AddrWidth-1:0]   s_axi_awaddr_i,
  input  wire logic                   s_axi_wvalid_i,
  output      logic                   s_axi_wready_o,
  input  wire logic [DataWidth-1:0]   s_axi_wdata_i,
  input  wire logic [DataWidth/8-1:0] s_axi_wstrb_i,
  output      logic                   s_axi_bvalid_o,
  input  wire logic                   s_axi_bready_i,
  output      logic [1:0]             s_axi_bresp_o,
  input  wire logic                   s_axi_arvalid_i,
  output      logic                   s_axi_arready_o,
  input  wire logic [AddrWidth-1:0]   s_axi_araddr_i,
  output      logic                   s_axi_rvalid_o,
  input  wire logic                   s_axi_rready_i,
  output      logic [DataWidth-1:0]   s_axi_rdata_o,
  output      logic [1:0]             s_axi_rresp_o,
  /// A sample is inside.
  output      logic                   busy_o
