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
  sed -E 's/,"(seconds|images_per_s|finished_at|loading_seconds)":[^,}]*//g' "$1/train/metrics.jsonl"
}

began=$(milliseconds)
expect_success "${train[@]}" --out alone
whole=$(($(milliseconds) - began))
began=$(milliseconds)
expect_success "${train[@]}" --out alone  # has nothing left to do: what a start costs
start=$(($(milliseconds) - began))

fingerprint alone >alone.txt
expect_the_same_end() {
  cases=$((cases + 2))
  fingerprint killed >killed.txt
  cmp -s alone.txt killed.txt || { fail "the killed training ended elsewhere:"; diff alone.txt killed.txt; }
  if compgen -G 'killed/*/*.tmp.*' >/dev/null; then fail "temporary files are left: $(ls killed/*/*.tmp.*)"; fi
  sha256sum alone/models/float.onnx killed/models/float.onnx
}

# A process lives for half a start at least, and for two of the training's KILLS parts at most; so the kills spread over the whole training.
# One that comes to the end first is compared, and its successor starts anew.
longest=$((start + 2 * (whole - start) / kills))
kill=1
while [ $kill -le "$kills" ]; do
  "${train[@]}" --out killed 2>err.txt &
  process=$!
  delay=$((start / 2 + RANDOM * (longest - start / 2) / 32768))
  sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
  kill -9 "$process" 2>/dev/null
  wait "$process" 2>/dev/null
  status=$?
  cases=$((cases + 1))
  if [ $status -eq 137 ]; then
    epochs=$(wc -l <killed/train/metrics.jsonl 2>/dev/null)
    echo "kill $kill after $delay ms, ${epochs:-0} epochs done"
    [ ! -e killed/models/float.onnx ] || cmp -s {alone,killed}/models/float.onnx || fail "it left a model that is not the final one"
    kill=$((kill + 1))
  elif [ $status -eq 0 ]; then
    expect_the_same_end
    rm -rf killed
  else
    fail "after $delay ms the process had ended with $status:"
    cat err.txt
    break
  fi
done
expect_success "${train[@]}" --out killed
expect_the_same_end
finish
