#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/subprocess.h"
#include "base/test_folder.h"

extern char** environ;

namespace bitloom::serve {

/// For tests: a headless Chromium that is told what to do over its DevTools pipe (descriptors 3 and 4), so that a page can be watched
/// over time, pointed at and typed into. No name resolves to an address in it: only 127.0.0.1 can be reached.
class TestBrowser {
 public:
  using Json = nlohmann::json;

  TestBrowser(int width, bool dark) {
    start();
    const Json target = call("Target.createTarget", {{"url", "about:blank"}});
    session_ = call("Target.attachToTarget", {{"targetId", target["targetId"]}, {"flatten", true}})["sessionId"];
    for (const char* domain : {"Page", "Runtime", "Log", "Network"}) call(std::string(domain) + ".enable", Json::object());
    call("Emulation.setDeviceMetricsOverride", {{"width", width}, {"height", 900}, {"deviceScaleFactor", 1}, {"mobile", width < 500}});
    call("Emulation.setEmulatedMedia",
         {{"features", Json::array({Json{{"name", "prefers-color-scheme"}, {"value", dark ? "dark" : "light"}}})}});
  }
  TestBrowser(const TestBrowser&) = delete;
  TestBrowser& operator=(const TestBrowser&) = delete;
  ~TestBrowser() {
    close(to_);
    close(from_);
    kill(-pid_, SIGKILL);  // a process group of its own
    waitpid(pid_, nullptr, 0);
  }

  void open(const std::string& url) { call("Page.navigate", {{"url", url}}); }

  /// Value of a JavaScript expression in the page; what it promises is waited for.
  Json evaluate(const std::string& expression) {
    const Json result = call("Runtime.evaluate", {{"expression", expression}, {"awaitPromise", true}, {"returnByValue", true}});
    if (result.contains("exceptionDetails")) throw std::runtime_error(expression + ": " + result["exceptionDetails"].dump());
    return result["result"].value("value", Json());
  }

  /// Whether an expression becomes true within some seconds.
  bool becomes(const std::string& expression, double seconds = 20) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    do {
      if (evaluate("Boolean(" + expression + ")") == true) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    } while (std::chrono::steady_clock::now() < end);
    return false;
  }

  void press(const std::string& key) {
    Json event{{"type", "keyDown"}, {"key", key}, {"code", key == " " ? "Space" : key}, {"windowsVirtualKeyCode", key_code(key)}};
    if (key == " ") event["text"] = key;
    call("Input.dispatchKeyEvent", event);
    event.erase("text");
    event["type"] = "keyUp";
    call("Input.dispatchKeyEvent", event);
  }

  /// Moves the pointer to a place inside the first element that a selector finds, in shares of its size.
  void point_at(const std::string& selector, double x, double y) {
    const Json box = evaluate(
        fmt::format("(async () => {{ const e = document.querySelector('{}'); e.scrollIntoView({{block: 'center', behavior: 'instant'}}); "
                    "await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))); "
                    "const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; }})()",
                    selector));
    call("Input.dispatchMouseEvent", {{"type", "mouseMoved"},
                                      {"x", box[0].get<double>() + x * box[2].get<double>()},
                                      {"y", box[1].get<double>() + y * box[3].get<double>()}});
  }

  /// A PNG of the whole page.
  void screenshot(const std::filesystem::path& file) {
    const Json size = call("Page.getLayoutMetrics", Json::object())["cssContentSize"];
    const Json clip{{"x", 0}, {"y", 0}, {"width", size["width"]}, {"height", size["height"]}, {"scale", 1}};
    const Json shot = call("Page.captureScreenshot", {{"format", "png"}, {"captureBeyondViewport", true}, {"clip", clip}});
    const SubprocessResult decoded = run_subprocess({"sh", "-c", "base64 -d \"$1\" > \"$2\"", "-", save(shot["data"]), file.string()});
    if (decoded.exit_code != 0) throw std::runtime_error("screenshot: " + decoded.output);
  }

  std::vector<std::string> complaints;  ///< errors and warnings of the console, scripts that failed
  std::vector<std::string> requests;    ///< every address that was asked for

 private:
  void start() {
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    // Away from 3 and 4, which they become in the child.
    const int child_in = fcntl(to[0], F_DUPFD_CLOEXEC, 10), child_out = fcntl(from[1], F_DUPFD_CLOEXEC, 10);
    to_ = to[1];
    from_ = from[0];
    close(to[0]);
    close(from[1]);
    std::vector<std::string> words{require_program("chromium").string(),
                                   "--headless=new",
                                   "--no-sandbox",
                                   "--disable-gpu",
                                   "--disable-dev-shm-usage",
                                   "--hide-scrollbars",
                                   "--no-first-run",
                                   "--disable-background-networking",
                                   "--disable-component-update",
                                   "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                                   "--remote-debugging-pipe",
                                   "--user-data-dir=" + (folder_.path() / "profile").string()};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, child_in, 3);
    posix_spawn_file_actions_adddup2(&actions, child_out, 4);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (folder_.path() / "log").c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    const int error = posix_spawn(&pid_, words.front().c_str(), &actions, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(child_in);
    close(child_out);
    if (error != 0) throw std::runtime_error("cannot start chromium");
  }

  /// Sends a command and waits for its answer; what happens meanwhile is noted.
  Json call(const std::string& method, const Json& parameters) {
    Json message{{"id", ++id_}, {"method", method}, {"params", parameters}};
    if (!session_.empty()) message["sessionId"] = session_;
    const std::string text = message.dump();
    for (std::size_t sent = 0; sent <= text.size();) {  // with the zero byte that ends a message
      const ssize_t count = write(to_, text.c_str() + sent, text.size() + 1 - sent);
      if (count <= 0) throw std::runtime_error("chromium is gone");
      sent += static_cast<std::size_t>(count);
    }
    for (;;) {
      const Json answer = receive();
      if (answer.value("id", 0) != id_) {
        note(answer);
      } else if (answer.contains("error")) {
        throw std::runtime_error(method + ": " + answer["error"].dump());
      } else {
        return answer["result"];
      }
    }
  }

  Json receive() {
    std::size_t end;
    while ((end = received_.find('\0')) == std::string::npos) {
      pollfd wait{from_, POLLIN, 0};
      std::array<char, 1 << 16> buffer;
      const ssize_t count = ::poll(&wait, 1, 60'000) == 1 ? read(from_, buffer.data(), buffer.size()) : -1;
      if (count <= 0) throw std::runtime_error("chromium does not answer");
      received_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    Json message = Json::parse(received_.substr(0, end));
    received_.erase(0, end + 1);
    return message;
  }

  void note(const Json& event) {
    const std::string method = event.value("method", "");
    const Json& parameters = event["params"];
    if (method == "Runtime.exceptionThrown" || method == "Log.entryAdded" ||
        (method == "Runtime.consoleAPICalled" && (parameters["type"] == "error" || parameters["type"] == "warning")))
      complaints.push_back(parameters.dump());
    if (method == "Network.requestWillBeSent") requests.push_back(parameters["request"]["url"]);
  }

  std::string save(const std::string& text) const {
    const std::filesystem::path file = folder_.path() / "shot";
    FILE* out = std::fopen(file.c_str(), "wb");
    std::fwrite(text.data(), 1, text.size(), out);
    std::fclose(out);
    return file.string();
  }

  static int key_code(const std::string& key) {
    const std::map<std::string, int> codes{{"Tab", 9},   {"Escape", 27},    {" ", 32},         {"End", 35},
                                           {"Home", 36}, {"ArrowLeft", 37}, {"ArrowRight", 39}};
    return codes.at(key);
  }

  TestFolder folder_;
  pid_t pid_ = -1;
  int to_ = -1, from_ = -1, id_ = 0;
  std::string session_, received_;
};

}  // namespace bitloom::serve
