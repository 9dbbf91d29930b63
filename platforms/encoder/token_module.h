// SPDX-License-Identifier: Apache-2.0
#pragma once
// A module of an encoder around its attention: a pipeline of RRAM matrices and vector units that
// tokens pass one by one, from memory to memory (docs/encoder.md).

#include <memory>
#include <string>
#include <vector>

#include "config/machine_config.h"
#include "crossbar/projection_tile.h"
#include "memory/bus.h"
#include "memory/memory.h"
#include "vector/token_reader.h"
#include "vector/token_writer.h"
#include "vector/vector_units.h"
#include "workload/model_package.h"

namespace topkima::platforms {

/// One place in the pipeline: exactly one of the three.
struct TokenStep {
  std::string name;  ///< of its account
  const workload::Matrix* matrix = nullptr;
  const workload::Normalisation* norm = nullptr;
  const arith::GeluTable* gelu = nullptr;
  std::uint32_t number = 0;      ///< of a matrix among the instance's RRAM arrays
  std::int32_t branch_gain = 0;  ///< of the branch that is added before the normalisation
};

/// What a module is made of; the first step is a matrix. All that is pointed to must outlive it.
struct TokenPlan {
  std::vector<TokenStep> steps;
  std::uint32_t instance = 0;    ///< of the layer: the circuits of another differ
  bool reads_residual = false;   ///< from memory, behind the activations
  bool writes_residual = false;  ///< to memory, behind the activations
  /// Taken in place of a residual stream from memory: [rows, d_model].
  const std::vector<std::int16_t>* position = nullptr;
};

/// Tokens of all samples, as a module reads or writes them.
struct Tokens {
  std::vector<std::int8_t> activations;  ///< [sequences * rows, width]
  std::vector<std::int16_t> residual;    ///< [sequences * rows, d_model], or none
};

class TokenModule : public sc_core::sc_module {
  /// How rows lie in memory, in bytes and values.
  struct Layout {
    Layout(const TokenPlan& plan, const config::MachineConfig& config, std::size_t rows);
    std::size_t rows, d_model, width_in, width_out, bytes_in, bytes_out;
  };
  const TokenPlan& plan_;
  const Tokens& input_;
  Layout layout_;
  std::vector<std::unique_ptr<vector::ResidualBuffer>> residuals_;

 public:
  /// `plan`, `times` and `input` must outlive it.
  TokenModule(const sc_core::sc_module_name& name, stage::Context& context,
              const config::MachineConfig& config, const vector::VectorTiming& timing,
              const TokenPlan& plan, const vector::TokenTimes& times, const Tokens& input);

  vector::TokenFlow flow;
  memory::Memory memory;
  memory::Bus bus;
  vector::TokenReader reader;
  std::vector<std::unique_ptr<stage::Stage>> stages;  ///< by step
  vector::TokenWriter writer;

  /// After the simulation.
  Tokens output();

 private:
  using Tile = crossbar::ProjectionTile;
  using Loader = tlm_utils::simple_initiator_socket<TokenModule>;

  void start_of_simulation() override;
  void add_stages(stage::Context& context, const config::MachineConfig& config,
                  const vector::VectorTiming& timing, int rows);
  vector::TokenWriter::Config writer_config(const config::MachineConfig& c,
                                            const vector::TokenTimes& times) const;
  void add_tile(stage::Context& context, const config::MachineConfig& config, const TokenStep& step,
                int rows);
  void load_memory();
  void load_tiles();
  void load_tile(std::size_t tile, const workload::Matrix& matrix, std::vector<std::int8_t>& rows);
  void move(Loader& target, tlm::tlm_command command, std::uint64_t address, void* data,
            std::size_t bytes);

  /// The firmware's way to memory, and to weights and registers of each matrix.
  Loader loader_{"loader"};
  std::vector<std::unique_ptr<Loader>> programs_, controls_;
};

}  // namespace topkima::platforms
