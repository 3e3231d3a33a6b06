#!/usr/bin/env bash
# Training from the command line: what it writes, what it refuses, how Ctrl-C ends it, and that LibTorch's answers are the reference's.
. "${BITLOOM_SOURCE_DIR:?}/tests/lib/expect.sh"
. "$BITLOOM_SOURCE_DIR/tests/lib/noise_set.sh"

write_noise_set data 1100 200
printf 'data: {set: mnist}\nnetwork: {name: dnn2fpga}\ntrain: {epochs: 3, batch: 50}\n' >noise.yaml
train=("$BITLOOM" train noise.yaml --data-dir data)

# What it writes.
expect_success "${train[@]}" --out run
expect_text err.txt "the best on validation is epoch"
cases=$((cases + 2))
files=$(find run -type f | sort | xargs)
[ "$files" = "run/models/float.onnx run/recipe.yaml run/train/checkpoint run/train/events.out.tfevents.0.bitloom run/train/metrics.jsonl" ] || fail "it wrote $files"
[ "$(wc -l <run/train/metrics.jsonl)" = 3 ] || fail "not one line an epoch in metrics.jsonl"
expect_text run/train/metrics.jsonl '{"epoch":3,"train_loss":'
model=$(sha256sum <run/models/float.onnx)

# The same seed gives the same bytes, also on more threads; another seed others.
expect_success "${train[@]}" --out again
expect_success "${train[@]}" --out threads --set train.threads=2
expect_success "${train[@]}" --out other --set seed=2
cases=$((cases + 3))
[ "$(sha256sum <threads/models/float.onnx)" = "$model" ] || fail "two threads gave another model"
[ "$(sha256sum <again/models/float.onnx)" = "$model" ] || fail "the same recipe gave another model"
[ "$(sha256sum <other/models/float.onnx)" != "$model" ] || fail "seed 2 gave the model of seed 1"

# LibTorch's answers are the reference's.
for backend in torch reference; do
  expect_success "$BITLOOM" eval run/models/float.onnx --data mnist --data-dir data --images 30 --backend $backend --json
  sed -E '/"seconds"/d' out.txt | tr -d ' \n,' >$backend.json
done
expect_text torch.json '"images":30'
cases=$((cases + 1))
cmp -s torch.json reference.json || { fail "LibTorch and the reference disagree:"; diff torch.json reference.json; }

# Training goes on from a quantized file, whose weights are integers, and ends in one: QDQ at 8 bits, QONNX at 4.
printf 'data: {set: mnist}\nnetwork: {model: q.onnx}\ntrain: {epochs: 2, batch: 50}\n' >on.yaml
for bits in 8,8 4,4; do
  expect_success "$BITLOOM" quantize run/models/float.onnx --data mnist --data-dir data --images 50 --bits $bits --out q.onnx
  on=("$BITLOOM" train on.yaml --data-dir data)
  # Steps too small to move an integer give the file back.
  expect_success "${on[@]}" --out "still$bits" --set train.learning_rate=1e-9
  expect_success "${on[@]}" --out "on$bits"
  cases=$((cases + 2))
  cmp q.onnx "still$bits/models/float.onnx" || fail "$bits bits: training without steps gave another file"
  ! cmp -s q.onnx "on$bits/models/float.onnx" || fail "$bits bits: training moved nothing"
  loss() { sed -nE "s/.*\"epoch\":$1,\"train_loss\":([0-9.]+).*/\1/p" "on$bits/train/metrics.jsonl"; }
  awk -v first="$(loss 1)" -v last="$(loss 2)" 'BEGIN { exit !(last < first) }' || fail "$bits bits: the loss went from $(loss 1) to $(loss 2)"
  expect_success "$BITLOOM" inspect "on$bits/models/float.onnx"
done
expect_error 2 "q.onnx: is quantized already, and \`bitloom run\` quantizes what it trains; use \`bitloom train\`" new \
  "$BITLOOM" run on.yaml --data-dir data --out new

# A checkpoint goes on only with what wrote it.
expect_error 2 "run/train/checkpoint: belongs to another training: train.batch was 50, is 100; go on as it was begun, or start over" "" \
  "${train[@]}" --out run --set train.batch=100
expect_success "${train[@]}" --out run --set train.batch=100 --fresh
printf 'x' | dd of=again/train/checkpoint bs=1 seek=5000 conv=notrunc 2>/dev/null
expect_error 2 "again/train/checkpoint: is damaged: its checksum is wrong; start over with --fresh" "" "${train[@]}" --out again

# Ctrl-C: the step is finished, the checkpoint written, and the same command goes on.
"${train[@]}" --out stopped --set train.epochs=40 2>err.txt &
process=$!
until [ -s stopped/train/metrics.jsonl ] || ! kill -0 $process 2>/dev/null; do sleep 0.05; done
kill -INT $process
wait $process
status=$?
cases=$((cases + 2))
[ $status -eq 130 ] || { fail "Ctrl-C ended it with $status, not 130"; cat err.txt; }
[ ! -e stopped/models/float.onnx ] || fail "a model appeared though the training was stopped"
expect_text err.txt "the same command goes on from there"

# Where decoded images are kept makes no difference: memory, nowhere, a new file, a file that is there.
mkdir -p photos/few photos/many
for i in 1 2 3 4; do
  expect_success "$BITLOOM" data show digits --columns $i --out photos/few/$i.png
  expect_success "$BITLOOM" data show digits --columns $((i + 8)) --out photos/many/$i.png
done
printf 'data: {set: "dir:photos", height: 600, width: 600}\nnetwork: {name: linear}\ntrain: {epochs: 2, batch: 2}\n' >photos.yaml
expect_success "$BITLOOM" train photos.yaml --out photos_memory
expect_success "$BITLOOM" train photos.yaml --out photos_decoded --cache-mb 1
expect_success "$BITLOOM" train photos.yaml --out photos_mapped --cache-mb 1 --cache-dir cache
[ "$(ls cache | wc -l)" = 1 ] || fail "the cache holds $(ls cache)"
expect_success "$BITLOOM" train photos.yaml --out photos_mapped_again --cache-mb 1 --cache-dir cache
for kept in decoded mapped mapped_again; do
  cases=$((cases + 1))
  cmp -s photos_memory/models/float.onnx photos_$kept/models/float.onnx || fail "images $kept gave another model"
done

# Refusals leave nothing behind.
expect_error 2 "unknown network 'dnn2fgpa'; did you mean 'dnn2fpga'?" new "${train[@]}" --out new --set network.name=dnn2fgpa
expect_error 2 "unknown key 'epoch' in 'train'" new "${train[@]}" --out new --set train.epoch=1
mkdir broken
cp -r data/mnist broken/mnist
truncate -s 100000 broken/mnist/train-images-idx3-ubyte
expect_error 2 "train-images-idx3-ubyte" new "$BITLOOM" train noise.yaml --data-dir broken --out new
expect_error 2 "noise.yaml" "" "${train[@]}" --out noise.yaml
expect_error 1 "the loss is not a number; lower train.learning_rate (100), warm up, or set train.clip_norm; wild/train/checkpoint holds" "" \
  "${train[@]}" --out wild --set train.optimizer=sgd --set train.learning_rate=100 --set train.weight_decay=1
finish
