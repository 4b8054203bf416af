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
  // Makes what migrations may name of the server around them, where the cluster does not have it: `roles`, which cannot
  // log in and may do anything, and an empty database of the target's name. All of it stays.
  Result<void> make_surroundings(const std::vector<std::string>& roles, const std::string& database_name);

 private:
  struct Impl;
  explicit ScratchDatabase(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata
