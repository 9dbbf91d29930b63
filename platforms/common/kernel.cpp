#include "kernel.h"

#include "config/errors.h"
#include "interrupt.h"

namespace topkima::platforms {

stage::Ledger make_ledger(const config::MachineConfig& config, bool keep_causes) {
  constexpr std::size_t events_per_row = 12;
  const std::int64_t rows =
      std::int64_t{config.sequences} * config.shape.heads * config.shape.query_rows;
  const bool keep = keep_causes && rows <= most_rows_with_causes;
  return stage::Ledger(keep, keep ? static_cast<std::size_t>(rows) * events_per_row : 0);
}

End run_kernel(const pipeline::Host& host, const observe::Recorder& recorder,
               const config::MachineConfig& config, const Progress& progress) {
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO,
                                          sc_core::SC_DO_NOTHING);  // "stopped by user"
  try {
    const double rows = double(config.sequences) * config.shape.heads * config.shape.query_rows;
    const sc_core::sc_time slice(10'000.0 / config.frequency_mhz, sc_core::SC_US);
    while (sc_core::sc_get_status() != sc_core::SC_STOPPED &&
           (sc_core::sc_pending_activity() || sc_core::sc_delta_count() == 0)) {
      sc_core::sc_start(slice);
      check_interrupt();
      if (progress) progress(double(recorder.rows_out()) / rows);
    }
  } catch (const sc_core::sc_report& report) {
    // The kernel wraps what a process throws.
    throw SimulationError(report.get_msg());
  }
  if (host.failure()) std::rethrow_exception(host.failure());
  if (host.done()) return End::done;
  return sc_core::sc_get_status() == sc_core::SC_STOPPED ? End::stopped : End::standstill;
}

}  // namespace topkima::platforms
