// Stands between a client and a test's Postgres, in a unix socket of its own: cuts the connection at a COMMIT, keeps
// the answer to it back, or lets the server fall silent.
#pragma once

#include "tests/support/temp_dir.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace strata::test {

enum class Cut {
  none,
  before,     // the server gets everything up to the COMMIT, not the COMMIT
  inside,     // … and a part of it
  delivered,  // the server gets the COMMIT and at once learns that its client is gone
  hidden,     // the server gets the COMMIT and goes on as if nothing was; the client's side is closed
  swallowed,  // the client's side is closed when the server has answered
  held,       // nothing is cut: the answer to the COMMIT comes late
  lost,       // nothing is cut: from the COMMIT on the server hears nothing any more
  late,       // nothing is cut: the COMMIT is taken, and what follows it, and passed on late
};
const char* name_of(Cut cut);

class Proxy {
 public:
  explicit Proxy(std::filesystem::path server_socket_folder);
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;
  ~Proxy();

  std::string url_of(const std::string& database) const;

  // From now on: the `which`-th COMMIT (from 1; of all connections together) is cut. `bytes` of it are sent for
  // `inside`.
  void cut(Cut how, int which, std::size_t bytes = 0);
  // … and the answer to it held back for so long.
  void hold(int which, std::chrono::milliseconds how_long);
  // … and itself passed on so late.
  void delay(int which, std::chrono::milliseconds how_long);
  int cuts() const { return cuts_; }        // how often that has happened since; for `held`: answers that wait
  int commits() const { return commits_; }  // seen since
  int cancels() const { return cancels_; }  // requests to cancel a statement, on whichever connection, since then

  // From now on nothing that a server says reaches a client, on old connections and new ones; it hears all they say.
  void be_silent(bool silent);

  // From now on nothing passes, in either direction: connections stay open, new ones are accepted, and nobody answers.
  void freeze(bool frozen);

  // From now on nobody new gets in: there is no socket any more.
  void stop_listening() const;

  // From now on every new connection is answered as by a server that knows no such client.
  void refuse_after_cut(bool refuse) { refuse_after_cut_ = refuse; }

 private:
  struct Link {
    int client = -1;
    int server = -1;
    bool started = false;                                // past the start-up messages
    std::chrono::steady_clock::time_point deaf_until{};  // `lost`, `late`: what the client says stays in from_client
    bool closing = false;                                // the COMMIT is on its way: act when its pipeline is at an end
    std::string from_client;                             // not yet a whole message
    std::string from_server;                             // since the COMMIT
    std::chrono::steady_clock::time_point held_until{};  // `held`: what is in from_server, and comes after it
  };

  void work();
  void open_link();
  bool take_from_client(Link& link);  // false: both sides are closed
  bool take_from_server(Link& link);
  bool forward(Link& link);
  int time_to_release() const;  // for poll()
  void wake();

  std::filesystem::path server_folder_;
  TempDir folder_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::map<int, Link> links_;  // by their number, in the order of their connecting
  int next_link_ = 0;
  std::mutex mutex_;  // of the four below
  Cut how_ = Cut::none;
  int which_ = 0;
  std::size_t bytes_ = 0;
  std::chrono::milliseconds how_long_{0};
  std::atomic<int> commits_ = 0;
  std::atomic<int> cuts_ = 0;
  std::atomic<int> cancels_ = 0;
  std::atomic<bool> silent_ = false;
  std::atomic<bool> frozen_ = false;
  std::atomic<bool> ends_ = false;
  std::atomic<bool> refuse_after_cut_ = false;
  std::thread thread_;
};

}  // namespace strata::test
