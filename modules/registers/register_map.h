// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one table of all memory-mapped registers. The decoders, docs/register-map.md and the C header
// for firmware are made from it. Every register is 32 bits wide, little-endian.

#include <cstdint>
#include <string>
#include <vector>

#include "arith/mask.h"

namespace topkima::registers {

enum class Access { read_write, read_only, write_only, write_1_to_clear };

struct Register {
  const char* name;
  std::uint32_t offset;  ///< in bytes, from its block's base
  std::uint32_t count;   ///< number of elements, 4 bytes apart
  Access access;
  std::uint32_t reset;
  const char* meaning;
};

struct Block {
  const char* name;
  const char* meaning;
  std::uint64_t base;    ///< of the first instance
  std::uint64_t stride;  ///< between instances; 0 when there is one
  std::vector<const Register*> registers;
};

// clang-format off: one register after the other, aligned as a table would be
namespace controller {
inline constexpr Register id{"ID", 0x00, 1, Access::read_only, 0x544b4631, "\"TKF1\""};
inline constexpr Register control{"CONTROL",
                                  0x04,
                                  1,
                                  Access::write_only,
                                  0,
                                  "bit 0 START: run the module; refused for the second time, or "
                                  "where SCHEDULE is none of its numbers"};
inline constexpr Register status{"STATUS", 0x08, 1, Access::read_only, 0, "bit 0 BUSY, bit 1 DONE"};
inline constexpr Register irq_enable{
    "IRQ_ENABLE", 0x0c, 1, Access::read_write, 0, "bit 0 lets DONE raise the interrupt"};
inline constexpr Register irq_status{
    "IRQ_STATUS", 0x10, 1, Access::write_1_to_clear, 0, "bit 0: the run has ended"};
inline constexpr Register schedule{
    "SCHEDULE", 0x14, 1, Access::read_write, 2, "0 sequential, 1 coarse, 2 fine, 3 buffered"};
inline constexpr Register sequences{"SEQUENCES",        0x18, 1,
                                    Access::read_write, 1,    "sequences to run, >= 1"};
inline constexpr Register banks{
    "BANKS", 0x1c, 1, Access::read_write, 1, "banks of K^T and V in use, 1 or 2"};
inline constexpr Register tokens{"TOKENS",           0x20, 1,
                                 Access::read_write, 0,    "rows of K and V per sequence"};
inline constexpr Register query_rows{"QUERY_ROWS",       0x24, 1,
                                     Access::read_write, 0,    "rows of Q per sequence"};
inline constexpr Register row_bytes{
    "ROW_BYTES",        0x28, 1,
    Access::read_write, 0,    "bytes of one row of X, or of one row of Q over all heads"};
inline constexpr Register q_source{"Q_SOURCE",         0x2c, 1,
                                   Access::read_write, 0,    "memory address of X or Q"};
inline constexpr Register k_source{
    "K_SOURCE", 0x30,
    1,          Access::read_write,
    0,          "memory address of X or K; equal to Q_SOURCE or V_SOURCE: read once for both"};
inline constexpr Register v_source{"V_SOURCE",         0x34, 1,
                                   Access::read_write, 0,    "memory address of X or V"};
inline constexpr Register completed{"COMPLETED",       0x38, 1,
                                    Access::read_only, 0,    "sequences completed"};
inline constexpr Register cycles{
    "CYCLES",          0x3c, 2,
    Access::read_only, 0,    "clock cycles from START to the interrupt, low word first"};
inline constexpr Register doorbell{
    "DOORBELL",
    0x44,
    1,
    Access::write_only,
    0,
    "rung by the blocks: 1 Q projected, 2 K received, 3 V received, 4 K^T and V written, 5 one "
    "head's output stored"};
inline constexpr Register sequence_stride{
    "SEQUENCE_STRIDE",  0x48, 1,
    Access::read_write, 0,    "bytes from one sequence's rows to the next's; 0: all are the same"};
inline constexpr Register available{
    "AVAILABLE",        0x4c,       1,
    Access::read_write, 0xffffffff, "sequences whose rows are in memory; a later one waits"};
inline constexpr Register kv_row_bytes{
    "KV_ROW_BYTES",
    0x50,
    1,
    Access::read_write,
    0,
    "bytes of one row of X, or of one row of K or V over all their heads"};
/// Values of DOORBELL.
enum DoorbellKind : std::uint32_t {
  q_projected = 1,
  k_received = 2,
  v_received = 3,
  written = 4,
  output_stored = 5
};
}  // namespace controller

namespace dma {
inline constexpr Register source{
    "SOURCE", 0x00,
    3,        Access::read_write,
    0,        "memory address of the rows for Q, K, V; equal addresses are read once"};
inline constexpr Register rows{"ROWS", 0x0c, 3, Access::read_write, 0, "rows to read for Q, K, V"};
inline constexpr Register row_bytes{"ROW_BYTES",        0x18, 1,
                                    Access::read_write, 0,    "bytes per row for Q"};
inline constexpr Register destinations{"DESTINATIONS",     0x1c, 1,
                                       Access::read_write, 0,    "bit 0 Q, bit 1 K, bit 2 V"};
inline constexpr Register sequence{
    "SEQUENCE", 0x20, 1, Access::read_write, 0, "number of the sequence, for the rows' identity"};
inline constexpr Register start{
    "START", 0x24, 1, Access::write_only, 0, "bit 0 starts the channel; refused while it is busy"};
inline constexpr Register kv_row_bytes{"KV_ROW_BYTES",     0x28, 1,
                                       Access::read_write, 0,    "bytes per row for K and V"};
/// Instances.
constexpr std::uint32_t load_channel = 0, query_channel = 1;
}  // namespace dma

namespace distributor {
inline constexpr Register mode{
    "MODE", 0x00, 1, Access::read_write, 0, "0 bypass, 1 stream, 2 one row per head at a time"};
inline constexpr Register release{
    "RELEASE", 0x04, 1, Access::write_only, 0, "lets one more sequence's rows go to the heads"};
/// Values of MODE.
enum Mode : std::uint32_t { bypass = 0, stream = 1, one_row = 2 };
}  // namespace distributor

namespace writer {
inline constexpr Register write{"WRITE",
                                0x00,
                                1,
                                Access::write_only,
                                0,
                                "writes the transposed keys into the K^T arrays of the bank given; "
                                "refused while keys are missing"};
}  // namespace writer

namespace projection {
inline constexpr Register maximum{
    "MAXIMUM",
    0x00,
    4096,
    Access::read_write,
    1,
    "largest accumulator magnitude of each head, which requantisation maps to full scale"};
}  // namespace projection

namespace fold {
inline constexpr Register maximum{"MAXIMUM",
                                  projection::maximum.offset,
                                  1,
                                  Access::read_write,
                                  1,
                                  "largest accumulator magnitude of the head of queries, which "
                                  "requantisation maps to full scale"};
}  // namespace fold

namespace narrower {
inline constexpr Register maximum{
    "MAXIMUM",          0x00, 1,
    Access::read_write, 1,    "largest magnitude in the sequence, which becomes the largest key"};
}  // namespace narrower

namespace ima {
inline constexpr Register ramp_lsb{
    "RAMP_LSB", 0x00,
    1,          Access::read_write,
    1,          "ramp step in score units, 1 .. 2^24 - 1, for rows of the head of queries"};
}  // namespace ima

namespace mask {
inline constexpr Register valid_tokens{
    "VALID_TOKENS",     0x0000,     arith::Mask::most_entries,
    Access::read_write, 0xffffffff, "tokens of each sequence before the padding behind it"};
inline constexpr Register first_valid{
    "FIRST_VALID",      0x1000, arith::Mask::most_entries,
    Access::read_write, 0,      "first token of each sequence behind the padding before it"};
inline constexpr Register segment_end{
    "SEGMENT_END",
    0x2000,
    arith::Mask::most_entries,
    Access::read_write,
    0,
    "where each of the sequences ends that are packed into one, ascending"};
inline constexpr Register sequences{
    "SEQUENCES",
    0x3000,
    1,
    Access::read_write,
    1,
    "entries of VALID_TOKENS and FIRST_VALID in use, by sequence in turn; 1: one for all"};
inline constexpr Register segments{
    "SEGMENTS", 0x3004, 1, Access::read_write, 0, "entries of SEGMENT_END in use; 0: none packed"};
inline constexpr Register causal{"CAUSAL", 0x3008,
                                 1,        Access::read_write,
                                 0,        "bit 0: tokens behind the row's position take no part"};
inline constexpr Register window{
    "WINDOW",
    0x300c,
    1,
    Access::read_write,
    0,
    "tokens that a row sees up to its position, and without CAUSAL from there on; 0: no window"};
inline constexpr Register first_row{"FIRST_ROW",        0x3010, 1,
                                    Access::read_write, 0,      "position of row 0 of Q"};
inline constexpr Register shared_k{
    "SHARED_K",
    0x3014,
    1,
    Access::read_write,
    0,
    "k of the head, shared out among its crossbars by participants; 0: each counter's K holds"};
inline constexpr Register gate_empty{
    "GATE_EMPTY",       0x3018, 1,
    Access::read_write, 1,      "bit 0: crossbars and AV arrays without a participant rest"};
}  // namespace mask

namespace topk {
inline constexpr Register k{"K", 0x00, 1, Access::read_write, 1, "grants per conversion, >= 1"};
inline constexpr Register stop{
    "STOP_WHEN_EXHAUSTED", 0x04, 1,
    Access::read_write,    0,    "bit 0: stop the ramp after the last participant"};
inline constexpr Register reach{
    "REACH", 0x08,
    1,       Access::read_write,
    0,       "steps below its first crossing at which the ramp stops in any case; 0: it does not"};
}  // namespace topk

namespace softmax {
inline constexpr Register exponent{
    "EXPONENT",
    0x00,
    4096,
    Access::read_write,
    0,
    "exponential of a code's distance from the largest, in 2^-15; one entry per distance is used"};
}  // namespace softmax
// clang-format on

/// Bases of the SoC's address map beside those of the table below.
constexpr std::uint64_t controller_window = 0x1000;
constexpr std::uint64_t head_stride = 0x100000;
constexpr std::uint64_t memory_base = 0x8000'0000;
constexpr std::uint64_t weights_base = 0x40'0000'0000;   ///< RRAM arrays, for preloading
constexpr std::uint64_t weights_stride = 0x4'0000'0000;  ///< Q, K, V, folds of the heads
constexpr std::uint64_t first_fold = 3;
constexpr std::uint64_t calibration_offset = 0x1'0000'0000;  ///< within a projection's window
constexpr std::uint64_t result_offset = 0x2'0000'0000;
constexpr std::uint64_t ahead_offset = 0x3'0000'0000;

const std::vector<Block>& register_map();
const Block& block(const std::string& name);

std::string markdown();  ///< docs/register-map.md
std::string c_header();  ///< topkima_registers.h, for firmware
/// A table in SystemVerilog of the controller's words, the highest first: access and reset value.
std::string rtl_table();

}  // namespace topkima::registers
