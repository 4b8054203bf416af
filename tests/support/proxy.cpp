#include "tests/support/proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace strata::test {

namespace {

namespace fs = std::filesystem;

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::uint32_t protocol_3 = 196608;
constexpr std::uint32_t cancel_request = 80877102;

sockaddr_un address_of(const fs::path& file) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto text = file.string();
  if (text.size() >= sizeof address.sun_path) throw std::runtime_error(text + " is too long for a socket");
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  return address;
}

std::uint32_t number_at(const std::string& bytes, std::size_t offset) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return ntohl(value);
}

bool send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void close_end(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

// Parse, with "COMMIT" as its text: how a pipeline sends it.
bool is_commit(std::string_view message) {
  using namespace std::string_view_literals;
  return message[0] == 'P' && message.substr(5, 8) == "\0COMMIT\0"sv;
}

// ErrorResponse: FATAL 28000.
std::string refusal() {
  using namespace std::string_view_literals;
  const std::string fields("SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry for this client\0\0"sv);
  const auto size = htonl(static_cast<std::uint32_t>(fields.size() + 4));
  std::string message = "E";
  message.append(reinterpret_cast<const char*>(&size), 4);
  return message + fields;
}

}  // namespace

const char* name_of(Cut cut) {
  constexpr std::array names{"none", "before", "inside", "delivered", "hidden", "swallowed", "held", "lost", "late"};
  return names[static_cast<std::size_t>(cut)];
}

Proxy::Proxy(fs::path server_socket_folder) : server_folder_(std::move(server_socket_folder)) {
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = address_of(folder_.path() / ".s.PGSQL.5432");
  if (listener_ < 0 || bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 64) != 0 || pipe2(wake_, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "the proxy's socket");
  }
  thread_ = std::thread([this] { work(); });
}

Proxy::~Proxy() {
  ends_ = true;
  wake();
  thread_.join();
  for (auto& [key, link] : links_) {
    close_end(link.client);
    close_end(link.server);
  }
  close_end(listener_);
  for (int& end : wake_) close_end(end);
}

void Proxy::wake() {
  const char one = 1;
  if (write(wake_[1], &one, 1) != 1) throw std::system_error(errno, std::generic_category(), "the proxy's pipe");
}

std::string Proxy::url_of(const std::string& database) const {
  return "postgresql:///" + database + "?host=" + folder_.path().string() + "&user=postgres";
}

void Proxy::stop_listening() const {
  fs::remove(folder_.path() / ".s.PGSQL.5432");
}

void Proxy::cut(Cut how, int which, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  how_ = how;
  which_ = which;
  bytes_ = bytes;
  commits_ = 0;
  cuts_ = 0;
  cancels_ = 0;
}

void Proxy::hold(int which, milliseconds how_long) {
  cut(Cut::held, which);
  const std::scoped_lock lock(mutex_);
  how_long_ = how_long;
}

void Proxy::delay(int which, milliseconds how_long) {
  cut(Cut::late, which);
  const std::scoped_lock lock(mutex_);
  how_long_ = how_long;
}

void Proxy::be_silent(bool silent) {
  silent_ = silent;
  wake();
}

void Proxy::freeze(bool frozen) {
  frozen_ = frozen;
  wake();
}

int Proxy::time_to_release() const {
  auto soonest = milliseconds(-1);
  for (const auto& [key, link] : links_) {
    for (const auto until : {link.held_until, link.deaf_until}) {
      if (until == SteadyClock::time_point() || until == SteadyClock::time_point::max()) continue;
      const auto left = std::chrono::ceil<milliseconds>(std::max(until - SteadyClock::now(), {}));
      if (soonest.count() < 0 || left < soonest) soonest = left;
    }
  }
  return static_cast<int>(soonest.count());
}

void Proxy::work() {
  while (true) {
    // What a client sends and whom it calls is taken by the kernel, which is all that it learns.
    while (frozen_ && !ends_) {
      pollfd woken{wake_[0], POLLIN, 0};
      std::array<char, 16> ignored;
      if (poll(&woken, 1, -1) > 0 && read(wake_[0], ignored.data(), ignored.size()) < 0) return;
    }
    if (ends_) return;
    const short from_servers = silent_ ? 0 : POLLIN;
    std::vector<pollfd> waiting{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    std::vector<int> keys;
    for (const auto& [key, link] : links_) {
      waiting.push_back({link.client, POLLIN, 0});
      waiting.push_back({link.server, from_servers, 0});
      keys.push_back(key);
    }
    if (poll(waiting.data(), waiting.size(), time_to_release()) < 0) continue;
    if (ends_) return;
    std::array<char, 16> ignored;
    if (waiting[0].revents != 0 && read(wake_[0], ignored.data(), ignored.size()) < 0) return;
    for (auto& [key, link] : links_) {
      if (link.deaf_until != SteadyClock::time_point() && SteadyClock::now() >= link.deaf_until) {
        link.deaf_until = {};
        forward(link);
      }
      if (link.held_until == SteadyClock::time_point() || SteadyClock::now() < link.held_until) continue;
      link.held_until = {};
      link.closing = false;
      send_all(link.client, std::exchange(link.from_server, {}));
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
      auto& link = links_.at(keys[i]);
      bool open = true;
      if (waiting[3 + 2 * i].revents != 0 && !silent_) open = take_from_server(link);
      if (open && link.client >= 0 && waiting[2 + 2 * i].revents != 0) open = take_from_client(link);
      if (open) continue;
      close_end(link.client);
      close_end(link.server);
      links_.erase(keys[i]);
    }
    if (waiting[1].revents != 0) open_link();
  }
}

void Proxy::open_link() {
  Link link;
  link.client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (link.client < 0) return;
  if (refuse_after_cut_ && cuts_ > 0) {
    send_all(link.client, refusal());
    close_end(link.client);
    return;
  }
  link.server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = address_of(server_folder_ / ".s.PGSQL.5432");
  if (connect(link.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close_end(link.client);
    close_end(link.server);
    return;
  }
  links_[next_link_++] = std::move(link);
}

bool Proxy::take_from_server(Link& link) {
  std::array<char, 65536> part;
  const auto got = recv(link.server, part.data(), part.size(), 0);
  if (got <= 0) return false;
  const std::string_view bytes(part.data(), static_cast<std::size_t>(got));
  if (!link.closing) return send_all(link.client, bytes);
  link.from_server += bytes;
  using namespace std::string_view_literals;
  const auto answer = link.from_server.find("COMMIT\0"sv);
  const std::scoped_lock lock(mutex_);
  if (how_ != Cut::held) return answer == std::string::npos;
  if (answer != std::string::npos && link.held_until == SteadyClock::time_point()) {
    // What came before it goes on at once. CommandComplete: a letter, four bytes of length, the text.
    send_all(link.client, link.from_server.substr(0, answer - 5));
    link.from_server.erase(0, answer - 5);
    link.held_until = SteadyClock::now() + how_long_;
    ++cuts_;
  }
  return true;
}

bool Proxy::take_from_client(Link& link) {
  std::array<char, 65536> part;
  const auto got = recv(link.client, part.data(), part.size(), 0);
  if (got <= 0) return false;
  link.from_client.append(part.data(), static_cast<std::size_t>(got));
  return link.deaf_until != SteadyClock::time_point() || forward(link);
}

bool Proxy::forward(Link& link) {
  while (true) {
    const std::size_t head = link.started ? 1 : 0;
    if (link.from_client.size() < head + 4) return true;
    const auto size = head + number_at(link.from_client, head);
    if (link.from_client.size() < size) return true;
    const auto message = link.from_client.substr(0, size);
    link.from_client.erase(0, size);
    if (!link.started) {
      link.started = size >= 8 && number_at(message, 4) == protocol_3;
      if (size >= 8 && number_at(message, 4) == cancel_request) ++cancels_;
      if (!send_all(link.server, message)) return false;
      continue;
    }
    if (link.closing) {
      if (!send_all(link.server, message)) return false;
      const std::scoped_lock lock(mutex_);
      if (message[0] != 'S' || how_ == Cut::held) continue;  // until the Sync that ends the pipeline
      ++cuts_;
      if (how_ == Cut::delivered) return false;
      if (how_ == Cut::hidden) close_end(link.client);
      return true;
    }
    if (is_commit(message)) {
      const std::scoped_lock lock(mutex_);
      if (++commits_ == which_) {
        if (how_ == Cut::inside) send_all(link.server, std::string_view(message).substr(0, std::min(bytes_, size - 1)));
        if (how_ == Cut::before || how_ == Cut::inside) {
          ++cuts_;
          return false;
        }
        if (how_ == Cut::lost || how_ == Cut::late) {
          ++cuts_;
          link.deaf_until = how_ == Cut::lost ? SteadyClock::time_point::max() : SteadyClock::now() + how_long_;
          link.from_client.insert(0, message);
          return true;
        }
        link.closing = how_ != Cut::none;
      }
    }
    if (!send_all(link.server, message)) return false;
  }
}

}  // namespace strata::test
