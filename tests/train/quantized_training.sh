#!/usr/bin/env bash
# Training through simulated quantization from the command line: what it writes, that it goes on where it was stopped, every method, and a run
# that passes its gate only by it.
. "${BITLOOM_SOURCE_DIR:?}/tests/lib/expect.sh"

cat >digits.yaml <<'EOF'
data: {set: digits}
network: {name: digits-ice40}
train: {epochs: 2, batch: 100, learning_rate: 0.01, schedule: cosine, threads: 1}
quantize: {weight_bits: 2, activation_bits: 2, images: 100, max_drop: 25}
quantized_training: {epochs: 2, learning_rate: 0.05}
EOF

number() { sed -nE "s/^ *\"$1\": ([0-9.]+),?$/\1/p" "$2" | head -n 1; }

# Two bits a weight and a value: calibration alone loses too much, and the run says so.
expect_error 1 "points below float" "" "$BITLOOM" run digits.yaml --out calibrated --set quantized_training.epochs=0

# Trained, it passes; the report knows all three figures.
expect_success "$BITLOOM" run digits.yaml --out run
for file in models/float.onnx models/int8.onnx quantized/models/quantized.onnx quantized/train/metrics.jsonl quantized/train/checkpoint report.html; do
  cases=$((cases + 1))
  [ -s run/$file ] || fail "run/$file is missing"
done
cases=$((cases + 2))
float=$(number float_top1 run/summary.json) before=$(number post_training_top1 run/summary.json) after=$(number int_top1 run/summary.json)
awk "BEGIN { exit !(${after:-0} > ${before:-100} + 5) }" || fail "training took the integer network from $before to $after (float $float)"
[ "$(wc -l <run/quantized/train/metrics.jsonl)" = 2 ] || fail "not one line an epoch in metrics.jsonl"
expect_text run/report.html "before it was trained"

# The file is what was validated: its integers give what its simulation gives, on nearly every image.
for form in "" --integer; do
  expect_success "$BITLOOM" eval run/quantized/models/quantized.onnx --data digits --backend cpu --json $form
  number top1 out.txt >"top1$form.txt"
done
cases=$((cases + 1))
awk "BEGIN { d = $(cat top1.txt) - $(cat top1--integer.txt); exit !(d <= 0.1 && d >= -0.1) }" ||
  fail "simulated $(cat top1.txt) %, in integers $(cat top1--integer.txt) %"

# `train` does both, too, with the same bytes; a stopped one goes on with the same recipe only.
expect_success "$BITLOOM" train digits.yaml --out again
cases=$((cases + 1))
cmp -s run/quantized/models/quantized.onnx again/quantized/models/quantized.onnx || fail "train and run gave different networks"
"$BITLOOM" train digits.yaml --out stopped --set quantized_training.epochs=30 2>err.txt &
process=$!
until [ -s stopped/quantized/train/metrics.jsonl ] || ! kill -0 $process 2>/dev/null; do sleep 0.05; done
kill -INT $process
wait $process
status=$?
cases=$((cases + 1))
[ $status -eq 130 ] || { fail "Ctrl-C ended it with $status, not 130"; cat err.txt; }
expect_error 2 "quantized_training.epochs was 30, is 2" "" "$BITLOOM" train digits.yaml --out stopped

# Every method, from a network that was trained before, with what freezes in its course.
sed -e 's|name: digits-ice40|model: run/models/float.onnx|' -e 's/epochs: 2, batch/epochs: 0, batch/' digits.yaml >on.yaml
for method in lsq+ pact dorefa straight-through inq; do
  expect_success "$BITLOOM" train on.yaml --out "by-$method" --set quantized_training.method=$method --set quantized_training.freeze_scales=1 \
    --set quantize.weight_bits=4 --set quantize.activation_bits=4 --set quantize.power_of_two=true
  expect_success "$BITLOOM" eval "by-$method/quantized/models/quantized.onnx" --data digits --backend cpu --integer --images 500 --json
  cases=$((cases + 1))
  awk "BEGIN { exit !($(number top1 out.txt) > 60) }" || fail "$method: $(number top1 out.txt) %"
done

expect_success "$BITLOOM" train on.yaml --out grouped --set quantize.symmetric_weights=false --set quantize.group=4 --set quantize.weight_bits=3 \
  --set quantize.activation_bits=4
expect_success "$BITLOOM" eval grouped/quantized/models/quantized.onnx --data digits --backend cpu --integer --images 500 --json
cases=$((cases + 1))
awk "BEGIN { exit !($(number top1 out.txt) > 60) }" || fail "weights with zero points, in groups: $(number top1 out.txt) %"

# Which weights are powers of two already, and observed ranges, are in the checkpoint: killed again and again, it ends in the same file.
trainer="$(dirname "$BITLOOM")/bitloom-train"
inq=("$trainer" --quiet train --recipe on.yaml --checkpoint-seconds 0.1 --set quantized_training.method=inq --set quantized_training.epochs=4
  --set quantized_training.observers=moving-average --set quantized_training.freeze_scales=3 --set quantize.weight_bits=4
  --set quantize.activation_bits=8 --set quantized_training.reestimate_batch_norm=100)
expect_success "${inq[@]}" --out inq
for lines in 1 2 3; do
  "${inq[@]}" --out killed 2>err.txt &
  process=$!
  until [ "$(cat killed/quantized/train/metrics.jsonl 2>/dev/null | wc -l)" -ge $lines ] || ! kill -0 $process 2>/dev/null; do sleep 0.02; done
  kill -9 $process 2>/dev/null
  wait $process 2>/dev/null
  status=$?
  cases=$((cases + 1))
  [ $status -eq 137 ] || fail "it had come to its end before it was killed"
done
expect_success "${inq[@]}" --out killed
cases=$((cases + 1))
cmp -s inq/quantized/models/quantized.onnx killed/quantized/models/quantized.onnx || fail "the killed training ended in another network"
expect_success "$BITLOOM" eval inq/quantized/models/quantized.onnx --data digits --backend cpu --integer --images 500 --json
cases=$((cases + 1))
awk "BEGIN { exit !($(number top1 out.txt) > 60) }" || fail "inq: $(number top1 out.txt) %"

# A run may begin where another one of the same quantization ended: with nearly no learning it gives that one's network.
expect_success "$BITLOOM" train on.yaml --out more --set quantized_training.from=again --set quantized_training.epochs=1 \
  --set quantized_training.learning_rate=1e-9
expect_success "$BITLOOM" eval more/quantized/models/quantized.onnx --data digits --backend cpu --integer --json
cases=$((cases + 1))
awk "BEGIN { d = $(number top1 out.txt) - $(cat top1--integer.txt); exit !(d <= 0.5 && d >= -0.5) }" ||
  fail "begun from a network of $(cat top1--integer.txt) %, it has $(number top1 out.txt) %"
expect_error 2 "'from' in 'quantized_training': there is no none/quantized/train/checkpoint" new "$BITLOOM" train on.yaml --out new \
  --set quantized_training.from=none
expect_error 2 "cannot be begun from: quantize.weight_bits was 2, is 4" new "$BITLOOM" train on.yaml --out new \
  --set quantized_training.from=again --set quantize.weight_bits=4
expect_error 2 "'from' in 'quantized_training' is again, where this run is written" "" "$BITLOOM" train on.yaml --out again --fresh \
  --set quantized_training.from=again

# The log of steps is one a training, and a finished one cuts neither.
for time in first second; do
  expect_success "$BITLOOM" train digits.yaml --out logged --log-steps steps.jsonl --set quantized_training.epochs=1
  cases=$((cases + 1))
  [ "$(wc -l <steps.jsonl)" -gt "$(wc -l <steps.quantized.jsonl)" ] && [ -s steps.quantized.jsonl ] || fail "the $time time: $(wc -l steps*.jsonl)"
done

# Stopped in the second training, a run reports what there is by then.
"$BITLOOM" run digits.yaml --out halted --set quantized_training.epochs=300 2>err.txt >out.txt &
process=$!
until [ -s halted/quantized/train/metrics.jsonl ] || ! kill -0 $process 2>/dev/null; do sleep 0.05; done
kill -INT "$(cut -d " " -f 1 /proc/$process/task/$process/children)"
wait $process
status=$?
cases=$((cases + 2))
[ $status -eq 130 ] || { fail "the run ended with $status, not 130"; cat err.txt; }
[ "$(number int_top1 halted/summary.json)" = "$before" ] || fail "its report has $(number int_top1 halted/summary.json) %, calibration gave $before"
expect_text halted/report.html "training was stopped; the same command goes on with it"

# Refusals leave nothing behind.
cp again/recipe.yaml recipe-before.yaml
for command in train run; do
  expect_error 2 "belongs to another training: quantized_training.learning_rate was 0.05, is 0.02" "" "$BITLOOM" $command digits.yaml --out again \
    --set quantized_training.learning_rate=0.02
  cases=$((cases + 1))
  cmp -s again/recipe.yaml recipe-before.yaml || fail "the refused $command changed recipe.yaml"
done
expect_text err.txt "or remove this file to begin the training through quantization anew"
rm again/quantized/train/checkpoint
cp again/train/checkpoint float-checkpoint
expect_success "$BITLOOM" train digits.yaml --out again --set quantized_training.learning_rate=0.02
cases=$((cases + 1))
cmp -s again/train/checkpoint float-checkpoint || fail "the float training was begun anew"
expect_error 2 "'bits' in 'mixed_precision' are chosen by \`bitloom run\`, between both trainings" new "$BITLOOM" train digits.yaml --out new \
  --set 'mixed_precision.bits=[2,4]'
expect_error 2 "outside int32; inputs of 16 bits and weights of 16 are" quantized-of-16/quantized "$BITLOOM" train on.yaml --out quantized-of-16 \
  --set quantize.weight_bits=16 --set quantize.activation_bits=16
expect_error 2 "no layer with parameters begins with 'nosuch'" new "$BITLOOM" train digits.yaml --out new --set network.freeze=nosuch
expect_error 2 "'epochs' in 'train' is 0, and the network has random weights" new "$BITLOOM" train digits.yaml --out new --set train.epochs=0
expect_error 2 "starts from a float one" new "$BITLOOM" train on.yaml --out new --set network.model=run/models/int8.onnx
expect_error 2 "'weight_bits' in 'quantize' is '17'; give an integer from 1 to 16" new "$BITLOOM" train digits.yaml --out new --set quantize.weight_bits=17
expect_error 2 "'weight_bits' in 'quantize' is 5: its powers of two in 'inq' reach from 1 to 2^7" new "$BITLOOM" train on.yaml --out new \
  --set quantized_training.method=inq --set quantize.weight_bits=5
expect_error 2 "symmetric_weights = false with inq's powers of two, a layer's around 0; train by lsq" new "$BITLOOM" train on.yaml --out new \
  --set quantized_training.method=inq --set quantize.weight_bits=4 --set quantize.symmetric_weights=false
expect_error 2 "would move the scales of activations that lsq learns" new "$BITLOOM" train on.yaml --out new \
  --set quantized_training.observers=moving-average
finish
