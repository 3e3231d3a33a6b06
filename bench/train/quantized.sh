#!/usr/bin/env bash
# What a training step through simulated quantization costs over a float one: processor time of ResNet-20 steps of 64 CIFAR-10 images, one
# thread, strictly alternating, because machines drift; prints each round and the medians.
#
#   bench/train/quantized.sh DATA_DIR [ROUNDS [KEY=VALUE...]]
#
#   DATA_DIR   holds cifar10/ in its binary version
#   ROUNDS     default 5
#   KEY=VALUE  of the recipe of the quantized training, as quantized_training.method=pact; 4 bits by LSQ where nothing is said
#
# A step is what three epochs take more than one, over the steps of two epochs: starting and calibrating do not count.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data_dir=${1:?usage: quantized.sh DATA_DIR [ROUNDS [KEY=VALUE...]]}
rounds=${2:-5}
shift $(($# < 2 ? $# : 2))
bin=${BITLOOM_BIN:-$here/../../build/release/bin}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# So many images that an epoch has 12 steps.
mkdir -p "$scratch/cifar10"
find -L "$data_dir/cifar10" -name '*.bin' -o -name 'batches.meta.txt' | while read -r file; do
  case $file in
    *data_batch*) head -c $((160 * 3073)) "$file" ;;
    *test_batch*) head -c $((100 * 3073)) "$file" ;;
    *) cat "$file" ;;
  esac >"$scratch/cifar10/$(basename "$file")"
done
steps=12

cat >"$scratch/float.yaml" <<END
data: {set: cifar10, validation: 0.02, mean: [0.4914, 0.4822, 0.4465], std: [0.2470, 0.2435, 0.2616]}
network: {name: resnet20}
augment: {pad: 4, flip: true}
train: {epochs: 3, batch: 64, optimizer: sgd, momentum: 0.9, nesterov: true, decay_all: false, learning_rate: 0.02, keep: last, threads: 1}
END
sed -e "s|name: resnet20|model: $scratch/float.onnx|" -e 's/epochs: 3/epochs: 0/' "$scratch/float.yaml" >"$scratch/quantized.yaml"
cat >>"$scratch/quantized.yaml" <<END
quantize: {weight_bits: 4, activation_bits: 4, first_last_bits: 8, sum_bits: 8, images: 16}
quantized_training: {epochs: 3, learning_rate: 0.02}
END

train() { "$bin/bitloom-train" --quiet train --data-dir "$scratch" --out "$scratch/run" --fresh --recipe "$@" >/dev/null; }
seconds() {
  local TIMEFORMAT=%U
  { time train "$@" 2>"$scratch/err.txt"; } 2>&1 || { cat "$scratch/err.txt" >&2; exit 1; }
}
# milliseconds_a_step RECIPE KEY_OF_EPOCHS [KEY=VALUE...]
milliseconds_a_step() {
  local recipe=$1 key=$2 one three
  shift 2
  one=$(seconds "$recipe" --set "$key=1" "${@/#/--set=}")
  three=$(seconds "$recipe" --set "$key=3" "${@/#/--set=}")
  awk "BEGIN { printf \"%.1f\n\", 1000 * ($three - $one) / (2 * $steps) }"
}
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

train "$scratch/float.yaml" --set train.epochs=1
cp "$scratch/run/models/float.onnx" "$scratch/float.onnx"
printf '%-6s %12s %12s %8s\n' round "float ms" "quantized ms" ratio
for ((i = 1; i <= rounds; ++i)); do
  float=$(milliseconds_a_step "$scratch/float.yaml" train.epochs)
  quantized=$(milliseconds_a_step "$scratch/quantized.yaml" quantized_training.epochs "$@")
  ratio=$(awk "BEGIN { printf \"%.3f\", $quantized / $float }")
  printf '%-6s %12s %12s %8s\n' "$i" "$float" "$quantized" "$ratio"
  echo "$float" >>"$scratch/floats" && echo "$quantized" >>"$scratch/quantizeds" && echo "$ratio" >>"$scratch/ratios"
done
printf '%-6s %12s %12s %8s\n' median "$(median "$scratch/floats")" "$(median "$scratch/quantizeds")" "$(median "$scratch/ratios")"
