#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bitloom::serve {

// HTTP as the site sees it, whatever library moves it.

struct Request {
  std::string method;                        ///< "GET"
  std::string path;                          ///< without the query, percent signs resolved
  std::map<std::string, std::string> query;  ///< the first of each name
  std::vector<std::string> hosts;            ///< every Host header; a proper request has one
  std::string if_none_match;
  bool has_range = false;
};

struct Answer {
  int status = 200;
  std::string type;                          ///< Content-Type; empty without a body
  std::shared_ptr<const std::string> body;   ///< may be null
  std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace bitloom::serve
