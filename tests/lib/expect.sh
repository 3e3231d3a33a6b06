# Sourced by the end-to-end tests (bash). Needs BITLOOM (the binary) and BITLOOM_SOURCE_DIR (the checkout).
set -uo pipefail
export BITLOOM_THREADS=${BITLOOM_THREADS:-1} OMP_NUM_THREADS=1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
cases=0
failures=0

fail() { printf 'FAILED: %s\n' "$*"; failures=$((failures + 1)); }

# expect_error CODE TEXT ABSENT COMMAND...: the command exits with CODE, prints on standard error one last line "error: ..." that holds
# TEXT (progress and notes may stand before it), nothing on standard output, and the path ABSENT ("" for none) does not exist afterwards.
expect_error() {
  local code=$1 text=$2 absent=$3 status
  shift 3
  cases=$((cases + 1))
  "$@" >out.txt 2>err.txt </dev/null
  status=$?
  [ $status -eq "$code" ] || { fail "$* exited $status, not $code"; cat err.txt; }
  [ "$(grep -c '^error: ' err.txt)" = 1 ] || { fail "$*: not exactly one error line:"; cat err.txt; }
  tail -n 1 err.txt | grep -qF -- "$text" || { fail "$*: the error does not say '$text':"; cat err.txt; }
  [ ! -s out.txt ] || { fail "$* printed on standard output:"; head -5 out.txt; }
  [ -z "$absent" ] || [ ! -e "$absent" ] || fail "$* left $absent behind"
  if compgen -G "$scratch/*.tmp.*" >/dev/null; then fail "$* left a temporary file: $(ls -d "$scratch"/*.tmp.*)"; fi
}

# expect_success COMMAND...: exits 0; its output is in out.txt and err.txt.
expect_success() {
  cases=$((cases + 1))
  "$@" >out.txt 2>err.txt </dev/null || { fail "$* exited $?"; tail -20 err.txt; }
}

# expect_text FILE TEXT
expect_text() { cases=$((cases + 1)); grep -qF -- "$2" "$1" || { fail "$1 does not hold '$2':"; head -20 "$1"; }; }

finish() {
  printf '%s: %d checks, %d failed\n' "$(basename "$0")" "$cases" "$failures"
  [ "$failures" -eq 0 ]
}
