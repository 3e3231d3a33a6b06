#!/usr/bin/env bash
# Training in several processes: the loss of one process, the same bytes after a lost rank and after Ctrl-C, and what is refused.
. "${BITLOOM_SOURCE_DIR:?}/tests/lib/expect.sh"
. "$BITLOOM_SOURCE_DIR/tests/lib/noise_set.sh"
. "$BITLOOM_SOURCE_DIR/tests/lib/ranks.sh"

write_noise_set data 1100 200
printf 'data: {set: digits}\nnetwork: {name: dnn2fpga}\ntrain: {epochs: 1, batch: 200, learning_rate: 0.0005}\n' >digits.yaml
printf 'data: {set: mnist}\nnetwork: {name: dnn2fpga}\ntrain: {epochs: 6, batch: 50}\n' >plain.yaml
printf 'data: {set: mnist}\nnetwork: {name: tfc}\ntrain: {epochs: 6, batch: 50}\n' >batchnorm.yaml

# The loss of one process, step by step.
expect_success "$BITLOOM" train digits.yaml --out alone --log-steps alone.jsonl
start_ranks 2 "$BITLOOM" train digits.yaml --out together --log-steps together.jsonl
expect_ends 0 0
losses() { sed -nE 's/.*"loss":([0-9.e-]+).*/\1/p' "$1"; }
cases=$((cases + 2))
paste <(losses alone.jsonl) <(losses together.jsonl) | head -n 50 >losses.txt
awk 'NF != 2 || $1 - $2 > 1e-4 || $2 - $1 > 1e-4 { bad = 1; print } END { exit bad || NR != 50 }' losses.txt ||
  fail "not the losses of one process (above)"
awk 'NR == 1 { first = $1 } END { exit !($1 < 0.6 * first) }' losses.txt || fail "the loss did not fall: the comparison means little"
cases=$((cases + 1))
[ -s together/models/float.onnx ] && [ ! -s rank1.txt ] || { fail "rank 0 is to write the model, rank 1 to say nothing:"; cat rank1.txt; }

same_end() { cases=$((cases + 1)); cmp "$1/models/float.onnx" "$2/models/float.onnx" || fail "$2 ended in another model than $1"; }
lines() { [ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]; }

for network in plain batchnorm; do
  train=("$BITLOOM" train $network.yaml --data-dir data)
  whole=whole-$network
  start_ranks 2 "${train[@]}" --out $whole
  expect_ends 0 0

  # A rank that is killed ends the other, which names it; both started again, they end in the same bytes.
  for lost in 1 0; do
    start_ranks 2 "${train[@]}" --out killed-$network-$lost --log-steps steps.jsonl
    until_running lines steps.jsonl 50
    kill -9 "${pids[lost]}"
    began=$SECONDS
    [ $lost = 1 ] && expect_ends 1 137 || expect_ends 137 1
    cases=$((cases + 1))
    [ $((SECONDS - began)) -lt 60 ] || fail "the other rank took $((SECONDS - began)) s to end"
    expect_text rank$((1 - lost)).txt "error: rank $lost was lost ("
    start_ranks 2 "${train[@]}" --out killed-$network-$lost
    expect_ends 0 0
    same_end $whole killed-$network-$lost
    rm steps.jsonl
  done

  # TERM to one of them stops both at the same step.
  start_ranks 2 "${train[@]}" --out stopped-$network --log-steps steps.jsonl
  until_running lines steps.jsonl 50
  kill -TERM "${pids[1]}"
  expect_ends 130 130
  expect_text rank0.txt "the same command goes on from there"
  rm steps.jsonl
  start_ranks 2 "${train[@]}" --out stopped-$network
  expect_ends 0 0
  same_end $whole stopped-$network
done

# Weights that become powers of two, observed ranges, and BatchNorm's statistics taken anew: a checkpoint has them for both.
cat >inq.yaml <<END
data: {set: mnist}
network: {name: tfc}
train: {epochs: 1, batch: 50}
quantize: {weight_bits: 4, activation_bits: 8, images: 100}
quantized_training: {epochs: 4, method: inq, observers: moving-average, freeze_scales: 3, reestimate_batch_norm: 100}
END
start_ranks 2 "$BITLOOM" train inq.yaml --data-dir data --out whole-inq
expect_ends 0 0
start_ranks 2 "$BITLOOM" train inq.yaml --data-dir data --out killed-inq
until_running lines killed-inq/quantized/train/metrics.jsonl 2
kill -9 "${pids[1]}"
expect_ends 1 137
start_ranks 2 "$BITLOOM" train inq.yaml --data-dir data --out killed-inq
expect_ends 0 0
cases=$((cases + 1))
cmp {whole,killed}-inq/quantized/models/quantized.onnx || fail "killed-inq ended in another network than whole-inq"

# A rank that ends while the others connect to it.
start_ranks 2 bash -c '[ $RANK = 0 ] || export GLOO_SOCKET_IFNAME=none; exec "$@"' - "$BITLOOM" train plain.yaml --data-dir data --out new
expect_ends 1 2
expect_text rank0.txt "error: rank 1 was lost ("
expect_text rank1.txt "error: GLOO_SOCKET_IFNAME: 'none' is no network interface with an address"

# Ranks that train different things; a checkpoint of two processes in one.
start_ranks 2 "$BITLOOM" train plain.yaml --data-dir data --out differ --set seed=@RANK@
expect_ends 2 2
expect_text rank0.txt "error: rank 1: trains something else than rank 0: "
expect_text rank1.txt "seed is 1, there 0"
expect_error 2 "processes was 2, is 1" "" "$BITLOOM" train plain.yaml --data-dir data --out whole-plain

# Variables and options that cannot be.
alone() { expect_error 2 "$1" new env "${@:2}" "$BITLOOM" train plain.yaml --data-dir data --out new; }
alone "WORLD_SIZE: '0' is no integer from 1 to 65536" RANK=0 WORLD_SIZE=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=29500
alone "RANK: '2' is no integer from 0 to 1" RANK=2 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=29500
alone "MASTER_PORT: 'http' is no integer from 1 to 65535" RANK=0 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=http
alone "MASTER_ADDR: is not set" RANK=0 WORLD_SIZE=2 MASTER_PORT=29500
alone "WORLD_SIZE: is not set" RANK=0
alone "WORLD_SIZE = 64: train.batch is 50, and every process needs an image of a batch" RANK=0 WORLD_SIZE=64 MASTER_ADDR=127.0.0.1 \
  MASTER_PORT=29500
expect_error 2 "rank 0 did not meet the other 1 there within 1 s" new env RANK=0 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 \
  MASTER_PORT="$(free_port)" "$BITLOOM" train plain.yaml --data-dir data --out new --peer-timeout 1
expect_error 2 "\`bitloom run\` works in one process" new env WORLD_SIZE=2 RANK=0 "$BITLOOM" run plain.yaml --data-dir data --out new
expect_error 2 "train.device = cuda: this " new "$BITLOOM" train plain.yaml --data-dir data --out new --device cuda
expect_error 2 "'gpu'" new "$BITLOOM" train plain.yaml --data-dir data --out new --device gpu
finish
