// Uses the C++ run time, threads, zlib and OpenSSL: libraries that come into the image by closure.
#include <openssl/evp.h>
#include <zlib.h>

#include <future>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

static std::string sha256(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_Digest(text.data(), text.size(), digest, &length, EVP_sha256(), nullptr);
  std::ostringstream hex;
  for (unsigned int i = 0; i < length; i++) hex << std::hex << std::setw(2) << std::setfill('0') << int(digest[i]);
  return hex.str();
}

int main() {
  const std::string text(100000, 'x');
  std::vector<unsigned char> packed(compressBound(text.size()));
  uLongf size = packed.size();
  if (compress(packed.data(), &size, reinterpret_cast<const Bytef*>(text.data()), text.size()) != Z_OK) return 1;
  auto digest = std::async(std::launch::async, sha256, text);
  std::cout << "packed 100000 bytes into " << size << "; sha256 " << digest.get() << std::endl;
  return 0;
}
