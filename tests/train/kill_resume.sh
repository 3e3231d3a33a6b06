#!/usr/bin/env bash
# kill -9 at random moments of a training, resumed each time, ends in the same bytes as the training left alone.
#
#   kill_resume.sh                            three kills of a short training on noise: what ctest runs
#   kill_resume.sh RECIPE DATA_DIR [KILLS]    KILLS (default 10) of a real one
#
# KILL_SEED=N repeats the moments of an earlier call, which printed it.
[ $# -lt 2 ] || set -- "$(realpath "$1")" "$(realpath "$2")" "${3:-10}"
. "${BITLOOM_SOURCE_DIR:?}/tests/lib/expect.sh"
. "$BITLOOM_SOURCE_DIR/tests/lib/noise_set.sh"
trainer="$(dirname "$BITLOOM")/bitloom-train"

if [ $# -ge 2 ]; then
  recipe=$1 data_dir=$2 kills=$3
  train=("$trainer" --quiet train --recipe "$recipe" --data-dir "$data_dir" --set train.threads=1 --checkpoint-seconds 1)
else
  kills=3
  write_noise_set data 2200 100
  printf 'data: {set: mnist}\nnetwork: {name: dnn2fpga}\ntrain: {epochs: 10, batch: 50, threads: 1}\n' >noise.yaml
  train=("$trainer" --quiet train --recipe noise.yaml --data-dir data --checkpoint-seconds 0.05)
fi
RANDOM=${KILL_SEED:=$$}
echo "KILL_SEED=$KILL_SEED"

milliseconds() { date +%s%3N; }
# fingerprint DIR: the model, and the metrics without what a clock gave
fingerprint() {
  sha256sum <"$1/models/float.onnx"
  sed -E 's/"(seconds|images_per_s)":[^,]*,//g' "$1/train/metrics.jsonl"
}

began=$(milliseconds)
expect_success "${train[@]}" --out alone
whole=$(($(milliseconds) - began))
began=$(milliseconds)
expect_success "${train[@]}" --out alone  # has nothing left to do: what a start costs
start=$(($(milliseconds) - began))

# Each process is killed between half its start and a share of the training that leaves something to do for the last one.
share=$((start + (whole - start) / kills))
for ((kill = 1; kill <= kills; ++kill)); do
  "${train[@]}" --out killed 2>err.txt &
  process=$!
  delay=$((start / 2 + RANDOM * (share - start / 2) / 32768))
  sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
  kill -9 "$process"
  wait "$process" 2>/dev/null
  status=$?
  cases=$((cases + 1))
  [ $status -eq 137 ] || { fail "kill $kill after $delay ms: the process had ended with $status"; cat err.txt; }
  epochs=$(wc -l <killed/train/metrics.jsonl 2>/dev/null)
  echo "kill $kill after $delay ms, ${epochs:-0} epochs done"
  cases=$((cases + 1))
  [ ! -e killed/models/float.onnx ] || fail "a model appeared before the training had ended"
done
expect_success "${train[@]}" --out killed

cases=$((cases + 2))
fingerprint alone >alone.txt
fingerprint killed >killed.txt
cmp -s alone.txt killed.txt || { fail "the killed training ended elsewhere:"; diff alone.txt killed.txt; }
if compgen -G 'killed/*/*.tmp.*' >/dev/null; then fail "temporary files are left: $(ls killed/*/*.tmp.*)"; fi
sha256sum alone/models/float.onnx killed/models/float.onnx
finish
