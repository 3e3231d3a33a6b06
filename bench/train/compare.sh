#!/usr/bin/env bash
# Training speed of the paper's network: bitloom-train against the same network in PyTorch's Python (peer.py), images/s over a whole epoch
# with loading, after one epoch to warm up. Strictly alternating, because machines drift; prints medians and their ratio.
#
#   bench/train/compare.sh DATA_DIR [REPEATS] [THREADS...]     default: 5 repeats, 1 thread and 2
#
# DATA_DIR holds mnist/. Needs python3-torch of LibTorch's version; both use the BLAS that Debian's alternatives choose. The peer runs as
# written and with channels-last tensors; the ratio is to the faster.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data_dir=${1:?usage: compare.sh DATA_DIR [REPEATS] [THREADS...]}
repeats=${2:-5}
shift $(($# < 2 ? $# : 2))
threads=("$@")
[ ${#threads[@]} -gt 0 ] || threads=(1 2)
trainer=${BITLOOM_TRAIN:-$here/../../build/release/bin/bitloom-train}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

ours() {
  "$trainer" --quiet train --recipe "$here/../../recipes/mnist.yaml" --data-dir "$data_dir" --out "$scratch/run" --fresh \
    --set train.epochs=2 --set train.threads="$1"
  tail -n 1 "$scratch/run/train/metrics.jsonl" | sed -E 's/.*"images_per_s":([0-9]+).*/\1/'
}
peer() { "$here/peer.py" --data-dir "$data_dir" --threads "$@" | tail -n 1; }
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

for t in "${threads[@]}"; do
  rm -f "$scratch"/*.txt
  for ((i = 1; i <= repeats; ++i)); do
    ours "$t" >>"$scratch/ours.txt"
    peer "$t" >>"$scratch/plain.txt"
    peer "$t" --channels-last >>"$scratch/channels_last.txt"
    echo "threads $t, round $i: bitloom-train $(tail -n 1 "$scratch/ours.txt"), PyTorch $(tail -n 1 "$scratch/plain.txt")," \
      "channels-last $(tail -n 1 "$scratch/channels_last.txt") images/s" >&2
  done
  echo "$t $(median "$scratch/ours.txt") $(median "$scratch/plain.txt") $(median "$scratch/channels_last.txt")" |
    awk '{ best = $3 > $4 ? $3 : $4
           printf "threads %d: bitloom-train %d, PyTorch %d, PyTorch channels-last %d images/s (medians); ", $1, $2, $3, $4
           printf "ratio to the faster %.2f\n", $2 / best }'
done
