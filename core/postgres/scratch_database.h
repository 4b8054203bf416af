// A database that lives as long as the object: in the project's embedded cluster `scratch`, which is apart from the one
// of `local:`, since replays make roles in it.
#pragma once

#include "core/base/result.h"
#include "core/postgres/pg_session.h"

#include <functional>
#include <memory>
#include <string>

namespace strata {

class ScratchDatabase {
 public:
  // The name of its cluster, for whoever stops it.
  static constexpr const char* cluster = "scratch";

  // Starts the cluster where it does not run. What killed commands have left in it is dropped. Fails as
  // EmbeddedServer::ensure_running does.
  static Result<ScratchDatabase> create(const std::string& state_folder);
  ScratchDatabase(ScratchDatabase&&) noexcept;
  ScratchDatabase& operator=(ScratchDatabase&&) noexcept;
  ~ScratchDatabase();  // drops it; its sessions are ended

  PgSession& session();
  // Makes those of `roles` that the cluster does not have; none of them can log in.
  Result<void> make_roles(const std::vector<std::string>& roles);

 private:
  struct Impl;
  explicit ScratchDatabase(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata
