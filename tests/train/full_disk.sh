#!/usr/bin/env bash
# A disk that is too full for the next checkpoint ends a training with one line and leaves the last checkpoint, from which it goes on to the
# same bytes once there is space. The first checkpoint holds weights and moments; later ones the best weights, too.
. "${BITLOOM_SOURCE_DIR:?}/tests/lib/expect.sh"
. "$BITLOOM_SOURCE_DIR/tests/lib/noise_set.sh"
write_noise_set data 600 100
printf 'data: {set: mnist}\nnetwork: {name: dnn2fpga}\ntrain: {epochs: 3, batch: 50}\n' >noise.yaml
train=("$BITLOOM" train noise.yaml --data-dir data)
expect_success "${train[@]}" --out alone
last=$(wc -c <alone/train/checkpoint)

same_end() { cases=$((cases + 1)); cmp alone/models/float.onnx "$1/models/float.onnx" || fail "$1: it went on to another model"; }
# expect_first_checkpoint FOLDER: whole, of step 0, and nothing half-written beside it
expect_first_checkpoint() {
  cases=$((cases + 3))
  head -n 2 "$1/train/checkpoint" | grep -aq '"step":0,' || fail "$1: the checkpoint is not the one from before"
  [ "$(find "$1" -name '*.tmp.*')" = "" ] || fail "$1: temporary files are left"
  [ ! -e "$1/models/float.onnx" ] || fail "$1: a model appeared though the training failed"
}

# Where this user may mount: a file system with space for the first checkpoint and not the next beside it.
if unshare -m true 2>/dev/null; then
  export last
  # shellcheck disable=SC2016
  on_small_disk() { mkdir small; unshare -m bash -c '
    mount -t tmpfs -o size=$((last * 5 / 4)) none small || exit 99
    "$@" --out small/run; echo $? >status
    cp -r small/run failed
    mount -o remount,size=64m small || exit 99
    "$@" --out small/run || exit
    cp -r small/run resumed' - "$@"; }
  on_small_disk "${train[@]}" >out.txt 2>err.txt </dev/null || fail "it did not go on when there was space: $(tail -n 1 err.txt)"
  cases=$((cases + 2))
  [ "$(cat status)" = 2 ] || { fail "on the full disk it ended with $(cat status), not 2:"; cat err.txt; }
  [ "$(grep -c '^error: ' err.txt)" = 1 ] || { fail "not one error line:"; cat err.txt; }
  expect_text err.txt "error: small/run/train/checkpoint: cannot write: No space left on device; free some space or choose another folder"
  expect_first_checkpoint failed
  same_end resumed
else
  echo "SKIPPED: a full file system (this user may not mount)"
fi

# Anywhere: a limit on the size of files.
limited() { (ulimit -f $((last * 7 / 8 / 1024)); "$@"); }
expect_error 2 "limited/train/checkpoint: cannot write: File too large" "" limited "${train[@]}" --out limited
expect_first_checkpoint limited
expect_success "${train[@]}" --out limited
same_end limited
finish
