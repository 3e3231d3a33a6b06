#include <openssl/evp.h>
#include <openssl/x509.h>

#include "get/test_set.h"

namespace bitloom::get {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

class BadServer : public SetTest {};

TEST_F(BadServer, RemovesAndNamesAFileWithAWrongChecksum) {
  publish("a", content(5000, 11));
  server_.serve("a", {.body = content(5000, 12)});
  EXPECT_THAT([&] { get(); },
              ThrowsMessage<InputError>(AllOf(HasSubstr(server_.address() + "a: what came is not the published file: its SHA-256 is"),
                                              HasSubstr(sha256(content(5000, 11))), HasSubstr(sha256(content(5000, 12))))));
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(BadServer, RefusesAFileOfAnotherLengthBeforeItHasCome) {
  publish("a", content(5000, 13));
  server_.serve("a", {.body = content(4999, 13)});
  EXPECT_THAT([&] { get(); }, refuses("the server's file has 4999 bytes, the published one 5000"));
  server_.serve("a", {.body = ""});
  EXPECT_THAT([&] { get(); }, refuses("0 bytes"));
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(BadServer, SaysWhenTheFileIsNotThereAndAsksOnce) {
  set_.files.push_back({"gone", 10, std::string(64, '0')});
  EXPECT_THAT([&] { get(); }, refuses("/gone: the server answers 404 Not Found; give another address with --from"));
  EXPECT_EQ(server_.ranges().size(), 1u);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(BadServer, FollowsARedirectAndEndsALoopOfThem) {
  const std::string bytes = content(5000, 14);
  publish("a", bytes);
  server_.serve("a", {.redirect = "/there"});
  server_.serve("there", {.body = bytes});
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  publish("b", bytes);
  server_.serve("b", {.redirect = "/b"});
  EXPECT_THAT([&] { get(); }, refuses("/b: redirects without end (more than 5)"));
  publish("c", bytes);
  server_.serve("b", {.body = bytes});
  server_.serve("c", {.redirect = "file:///etc/passwd"});
  EXPECT_THAT([&] { get(); }, refuses("/c: Protocol \"file\""));
}

TEST_F(BadServer, TriesAgainWhereTheServerIsBusyAndGivesUpInTheEnd) {
  const std::string bytes = content(5000, 15);
  publish("a", bytes);
  server_.serve("a", {.body = bytes, .failures = 2, .failure_status = 503});
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  publish("b", bytes);
  server_.serve("b", {.body = bytes, .failures = 100, .failure_status = 503});
  GetOptions thrice = options();
  thrice.transfer.retries = 2;
  EXPECT_THAT([&] { get_set(set_, thrice); }, refuses("/b: the server answers 503 Service Unavailable; check the network"));
  EXPECT_EQ(server_.ranges().size(), 3u + 3u);
  EXPECT_THAT(found(), ElementsAre("set", "set/a"));
}

TEST_F(BadServer, CountsAConnectionWithoutDataAsBroken) {
  const std::string bytes = content(5000, 16);
  publish("a", bytes);
  server_.serve("a", {.body = bytes, .failures = 1, .cut_after = 2000, .stalls = true});
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_THAT(server_.ranges(), ElementsAre("", "bytes=2000-"));
}

TEST_F(BadServer, SaysWhenThereIsNoServer) {
  publish("a", "abc");
  GetOptions nowhere = options();
  nowhere.from = "http://127.0.0.1:1/";
  nowhere.transfer.retries = 1;
  EXPECT_THAT([&] { get_set(set_, nowhere); }, refuses("http://127.0.0.1:1/a: "));
}

/// Signed by nobody but itself.
struct Certificate {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  Certificate() {
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("127.0.0.1"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_sign(certificate, key, EVP_sha256());
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
  ~Certificate() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
};

TEST_F(BadServer, TakesNothingFromAServerThatCannotProveItsName) {
  publish("a", "abc");
  const Certificate own;
  httplib::SSLServer impostor(own.certificate, own.key);
  ASSERT_TRUE(impostor.is_valid());
  std::atomic<int> asked{0};
  impostor.Get(".*", [&](const httplib::Request&, httplib::Response& response) {
    ++asked;
    response.set_content("abc", "application/octet-stream");
  });
  const int port = impostor.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { impostor.listen_after_bind(); });
  while (!impostor.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  GetOptions secure = options();
  secure.from = "https://127.0.0.1:" + std::to_string(port) + "/";
  EXPECT_THAT([&] { get_set(set_, secure); }, refuses("/a: SSL certificate problem: self-signed certificate; give another address"));
  impostor.stop();
  thread.join();
  EXPECT_EQ(asked, 0);
  EXPECT_THAT(found(), IsEmpty());
}

}  // namespace
}  // namespace bitloom::get
