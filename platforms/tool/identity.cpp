// SPDX-License-Identifier: Apache-2.0
#include "tool/identity.h"

#include <filesystem>
#include <utility>

#include "cosim/cosimulation.h"
#include "report/report_parts.h"
#include "tool/content_digest.h"
#include "version.h"

namespace topkima::platforms {
namespace {

/// Whether a run's results depend on a parameter, or that there are any: whether RTL that differs
/// ends it.
bool matters(const config::Parameter& parameter, const config::MachineKind& machine) {
  return report::reported(parameter, machine) ||
         (parameter.section() == "cosim" && parameter.is_in(machine));
}

/// The files that parameters name.
std::vector<RunFile> files_of_parameters(const config::Settings& settings,
                                         const config::MachineKind& machine) {
  std::vector<RunFile> files;
  for (const auto& parameter : config::parameter_table()) {
    const std::string& value = settings.text(parameter.name);
    if (parameter.kind == config::Kind::file && parameter.is_in(machine) &&
        !parameter.is_word(value))
      files.push_back({parameter.name, value});
  }
  return files;
}

/// The libraries of RTL among which the run looks for those that fit.
std::vector<RunFile> libraries_of(const config::Cosim& cosim) {
  std::vector<RunFile> files;
  for (const auto& model : cosim.models) {
    if (model.is_tlm()) continue;
    const auto more =
        files_of(model.key(),
                 cosim::rtl_libraries(rtl_directory(cosim), config::word(model.block), model.rtl));
    files.insert(files.end(), more.begin(), more.end());
  }
  return files;
}

/// Texts in a row, each with its end.
class Text {
 public:
  Text& operator<<(const std::string& text) {
    all_ += text + '\0';
    return *this;
  }
  const std::string& all() const { return all_; }

 private:
  std::string all_;
};

std::string digest_of(const Machine& machine, const config::Settings& resolved,
                      const std::vector<Identity::File>& files) {
  Text text;
  text << machine.kind.tool << machine.kind.top << version::model_revision;
  // Reports repeat where values are said to be from, and count what rests on assumptions.
  for (const auto& parameter : config::parameter_table())
    if (matters(parameter, machine.kind))
      text << parameter.name << resolved.shown(parameter) << resolved.provenance(parameter.name);
  for (const auto& file : files) text << file.what << file.sha256;
  return sha256(text.all());
}

/// What is wrong with a file ends a run in the same way, whether it is read for its digest or for
/// its content first.
const files::InputKind& kind_of(const RunFile& file) {
  static const std::pair<const char*, const files::InputKind&> kinds[] = {
      {"energy.technology", files::technology_file},
      {"fault.stuck", files::stuck_list},
      {"noise.ramp_thresholds", files::npy_file},
      {"noise.value_ramp_thresholds", files::npy_file},
      {"input/meta.ini", files::configuration_file},
      {"model/model.ini", files::model_ini_file},
      {"input", files::npz_file}};
  for (const auto& [what, kind] : kinds)
    if (file.what == what) return kind;
  const bool is_tensor = std::filesystem::path(file.what).extension() == ".npy";
  return is_tensor ? files::npy_file : files::any_input;
}

}  // namespace

std::vector<Identity::File> with_contents(const std::vector<RunFile>& files) {
  std::vector<Identity::File> known;
  for (const auto& file : files)
    known.push_back({file.what, file.path, sha256_of_file(file.path, kind_of(file))});
  return known;
}

void Identity::expect_unchanged() const {
  for (const auto& file : files)
    if (sha256_of_file(file.path) != file.sha256)
      throw DataError(file.path + ": has changed while it was worked on; start again");
}

Identity identity_of(const Machine& machine, Runner& runner, const Sources& sources,
                     std::vector<Identity::File> read, config::Settings& settings) {
  Identity identity;
  identity.files = std::move(read);
  for (auto& file : with_contents(files_of_parameters(settings, machine.kind))) {
    settings.set_content(file.what, file.sha256);
    identity.files.push_back(std::move(file));
  }
  identity.resolved = settings;
  const auto config = runner.resolve(sources, identity.resolved, Runner::DefectFiles::read);
  identity.winners_beyond = config.winners_beyond_participants();
  for (auto& file : with_contents(libraries_of(config.cosim)))
    identity.files.push_back(std::move(file));
  identity.digest = digest_of(machine, identity.resolved, identity.files);
  return identity;
}

}  // namespace topkima::platforms
