#include "data/remote_sets.h"

#include "base/error.h"
#include "base/text.h"

namespace bitloom::data {

const std::vector<RemoteSet>& remote_sets() {
  // Sizes and SHA-256 of the first four: TensorFlow Datasets, tensorflow_datasets/url_checksums/{mnist,fashion_mnist,cifar10,cifar100}.txt.
  // They fit the MD5 that the authors publish (Fashion-MNIST's README, CIFAR's page) and that torchvision checks.
  // EuroSAT: the authors' record 10.5281/zenodo.7711810, whose published MD5 is f46e308c4d50d4bf32fedad2d3d62f3b; the SHA-256 stands beside
  // that MD5 in public code that verifies both.
  static const std::vector<RemoteSet> sets = {
      {"mnist",
       "https://ossci-datasets.s3.amazonaws.com/mnist/",
       {{"train-images-idx3-ubyte.gz", 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
        {"train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
        {"t10k-images-idx3-ubyte.gz", 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
        {"t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}}},
      {"fashion-mnist",
       "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
       {{"train-images-idx3-ubyte.gz", 26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
        {"train-labels-idx1-ubyte.gz", 29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
        {"t10k-images-idx3-ubyte.gz", 4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
        {"t10k-labels-idx1-ubyte.gz", 5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}}},
      {"cifar10",
       "https://www.cs.toronto.edu/~kriz/",
       {{"cifar-10-binary.tar.gz", 170052171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", "cifar-10-batches-bin"}}},
      {"cifar100",
       "https://www.cs.toronto.edu/~kriz/",
       {{"cifar-100-binary.tar.gz", 168513733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec", "cifar-100-binary"}}},
      {"eurosat",
       "https://zenodo.org/records/7711810/files/",
       {{"EuroSAT_RGB.zip", 94658721, "b4f5b234ecb7d7ff9c6cddb046543b4717c53fd6e9815be6c0e80cc614f51b90", "EuroSAT_RGB"}}},
  };
  return sets;
}

const RemoteSet& remote_set(const std::string& name) {
  std::vector<std::string> names;
  for (const RemoteSet& set : remote_sets()) {
    if (set.name == name) return set;
    names.push_back(set.name);
  }
  throw InputError("", "no data set '" + printable(name) + "' can be downloaded", suggest(name, names));
}

}  // namespace bitloom::data
