#include "serve/http/site.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "report/page_style.h"
#include "serve/embedded_files.h"

namespace bitloom::serve {
namespace {

/// Scripts and styles are files of this server; nothing comes from elsewhere, and the page stands in no other page's frame.
constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

Answer make_answer(int status, std::string_view type, std::string body) {
  Answer answer;
  answer.status = status;
  answer.type = type;
  answer.body = std::make_shared<const std::string>(std::move(body));
  return answer;
}

Answer refuse(int status, std::string_view why) { return make_answer(status, "text/plain; charset=utf-8", std::string(why) + "\n"); }

/// A report may have come from anywhere and holds a script: it gets an origin of its own, from which it cannot ask this server anything.
std::string report_policy() {
  return "sandbox allow-scripts; " + std::string(report::content_policy()) +
         "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  return "text/javascript; charset=utf-8";
}

/// The whole number that `text` is; 0 for everything else, which asks for all there is.
std::uint64_t number_in(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

std::string query_value(const Request& request, const char* name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : address_of(found->second);  // an ID as Library writes it
}

bool sets_header(const Answer& answer, std::string_view name) {
  return std::ranges::any_of(answer.headers, [&](const auto& header) { return header.first == name; });
}

void secure(Answer& answer) {
  const std::pair<const char*, const char*> headers[] = {{"X-Content-Type-Options", "nosniff"},
                                                         {"Referrer-Policy", "no-referrer"},
                                                         {"Cross-Origin-Resource-Policy", "same-origin"},
                                                         {"Cross-Origin-Opener-Policy", "same-origin"},
                                                         {"X-Frame-Options", "DENY"},
                                                         {"Cache-Control", "no-store"},
                                                         {"Content-Security-Policy", kPagePolicy}};
  for (const auto& [name, value] : headers)
    if (!sets_header(answer, name)) answer.headers.emplace_back(name, value);
}

}  // namespace

Answer Site::answer(const Request& request) const {
  Answer answer;
  try {
    answer = route(request);
  } catch (const std::exception& error) {
    answer = refuse(500, error.what());
  }
  secure(answer);
  return answer;
}

Answer Site::route(const Request& request) const {
  if (!hosts_.allows(request.hosts))
    return refuse(403, "this server answers to localhost, 127.0.0.1 and [::1] only; start it with --host to reach it by another name");
  if (request.method != "GET" && request.method != "HEAD") {
    Answer answer = refuse(405, "only GET and HEAD are answered");
    answer.headers.emplace_back("Allow", "GET, HEAD");
    return answer;
  }
  if (request.has_range) return refuse(400, "ranges are not served; ask for the whole");
  if (request.path == "/runs.json") return runs(request);
  if (request.path == "/metrics.json") return metrics(request);
  if (request.path == "/report.html") return report(request);
  if (request.path == "/report.css") return make_answer(200, type_of(request.path), std::string(report::style_sheet()));
  const std::string_view name =
      request.path == "/" ? "index.html" : std::string_view(request.path).substr(std::min<std::size_t>(1, request.path.size()));
  for (int i = 0; i < kEmbeddedFileCount; ++i)
    if (kEmbeddedFiles[i].name == name) return make_answer(200, type_of(name), std::string(kEmbeddedFiles[i].text));
  return refuse(404, "nothing here");
}

Answer Site::runs(const Request& request) const {
  const TaggedText list = library_.list();
  Answer answer;
  answer.headers.emplace_back("ETag", list.tag);
  answer.status = request.if_none_match == list.tag ? 304 : 200;
  if (answer.status == 304) return answer;
  answer.type = "application/json";
  answer.body = list.text;
  return answer;
}

Answer Site::metrics(const Request& request) const {
  const std::uint64_t generation = number_in(query_value(request, "generation")), from = number_in(query_value(request, "from"));
  std::optional<std::string> text = library_.metrics(query_value(request, "run"), generation, static_cast<std::size_t>(from));
  return text ? make_answer(200, "application/json", std::move(*text)) : refuse(404, "no such run");
}

Answer Site::report(const Request& request) const {
  std::optional<std::string> text = library_.report(query_value(request, "run"));
  if (!text) return refuse(404, "no such run, or it has no report");
  Answer answer = make_answer(200, type_of("report.html"), std::move(*text));
  answer.headers.emplace_back("Content-Security-Policy", report_policy());
  return answer;
}

}  // namespace bitloom::serve
