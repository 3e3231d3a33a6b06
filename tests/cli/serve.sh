#!/usr/bin/env bash
# bitloom serve: starts, answers, ends at a signal with exit 0; bad input is one line and exit 2.
. "${BITLOOM_SOURCE_DIR:?}/tests/lib/expect.sh"

# ask PORT TARGET: the answer, head and body, over bash's own sockets.
ask() {
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET %s HTTP/1.1\r\nHost: localhost:%s\r\n\r\n' "$2" "$1" >&3
  cat <&3
  exec 3>&-
}

# start_server OPTION...: serves runs at a free port; sets server (its process) and port.
start_server() {
  "$BITLOOM" serve runs --port 0 "$@" >out.txt 2>err.txt </dev/null &
  server=$!
  for _ in $(seq 200); do [ -s out.txt ] && break; sleep 0.05; done
  port=$(sed -n 's|^http://.*:\([0-9]*\)/$|\1|p' out.txt)
  [ -n "$port" ] || fail "no address was printed: $(cat out.txt err.txt)"
}

# expect_end SIGNAL: the server ends within a second of it, with exit 0.
expect_end() {
  cases=$((cases + 1))
  local begin=$(date +%s%N) status
  kill -s "$1" $server
  wait $server
  status=$?
  [ $status -eq 0 ] || fail "SIG$1: exit $status"
  [ $(($(date +%s%N) - begin)) -lt 1000000000 ] || fail "SIG$1: took longer than a second"
}

mkdir -p runs/first/train
printf '{"epoch":1,"train_loss":1.5,"validation_top1":80}\n{"epoch":2,"tra' >runs/first/train/metrics.jsonl
for signal in INT TERM; do
  start_server
  ask "$port" /runs.json >answer.txt
  expect_text answer.txt '"name":"first"'
  expect_text answer.txt 'train/metrics.jsonl:2: half a line'
  ask "$port" / >answer.txt
  expect_text answer.txt '<title>Training runs'
  ask "$port" /../../etc/passwd >answer.txt
  expect_text answer.txt '404'
  expect_error 2 "--port $port: is in use; give another one, or 0" "" "$BITLOOM" serve runs --port "$port"
  exec 4<>"/dev/tcp/127.0.0.1/$port"  # a client that says nothing does not hold up the end
  expect_end $signal
  exec 4>&-
done
start_server --host 0.0.0.0
expect_text err.txt "everybody who can reach this address"
expect_end TERM

expect_error 2 "nowhere: there is no such folder; give the folder that" "" "$BITLOOM" serve nowhere
expect_error 2 "runs/first/train/metrics.jsonl: is not a folder" "" "$BITLOOM" serve runs/first/train/metrics.jsonl
expect_error 2 "--host 300.0.0.1.2: is no address of this machine" "" "$BITLOOM" serve runs --host 300.0.0.1.2
expect_error 2 "--host 192.0.2.1: is no address of this machine" "" "$BITLOOM" serve runs --host 192.0.2.1 --port 0
expect_error 2 "--port" "" "$BITLOOM" serve runs --port 70000
expect_error 2 "RUNS is required" "" "$BITLOOM" serve
expect_error 2 "unknown option '--prot'; did you mean '--port'?" "" "$BITLOOM" serve runs --prot 80
finish
