# Sourced by ./bitloom and ./test: installs what is missing and builds. Shell functions, POSIX sh.

# install_packages GROUP...  installs the packages of these groups in packages.txt that are not there yet
install_packages() {
  missing=
  for group in "$@"; do
    for package in $(sed -n "s/^$group //p" "$root/packages.txt"); do
      dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $package"
    done
  done
  [ -n "$missing" ] || return 0
  as_root=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
      echo "error: these packages are missing:$missing; run as root: apt-get install -y --no-install-recommends$missing" >&2
      exit 2
    }
    as_root=sudo
  fi
  echo "installing:$missing" >&2
  log=$(mktemp)
  if ! { $as_root apt-get update -q &&
         $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "error: apt-get could not install:$missing; its log is $log" >&2
    exit 2
  fi
  rm -f "$log"
}

# install_onnxruntime  what tests/onnxruntime compares with, where npm is there; without it those tests say that they were skipped
install_onnxruntime() {
  folder="$root/build/onnxruntime"
  cmp -s "$root/tests/onnxruntime/package-lock.json" "$folder/.installed" && return 0
  if ! command -v npm >/dev/null 2>&1; then
    echo "note: npm is not installed, so nothing is compared with ONNX Runtime" >&2
    return 0
  fi
  echo "installing: onnxruntime-node (npm)" >&2
  mkdir -p "$folder"
  cp "$root/tests/onnxruntime/package.json" "$root/tests/onnxruntime/package-lock.json" "$folder"
  if (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund) >"$folder/npm.log" 2>&1; then
    cp "$folder/package-lock.json" "$folder/.installed"
  else
    echo "warning: npm could not install onnxruntime-node, so nothing is compared with it; its log is build/onnxruntime/npm.log" >&2
  fi
}

# build_tree OPTION...  configures build/release with these CMake options and builds it; quiet unless it takes part of a minute
build_tree() {
  mkdir -p "$root/build"
  log="$root/build/build.log"
  stamp="$root/build/.stamp.new"
  : >"$stamp"  # before the build: a file saved while it runs is newer than the stamp
  if ! (cd "$root" && cmake --preset release "$@") >"$log" 2>&1; then
    cat "$log" >&2
    echo "error: cmake failed; the log is build/build.log" >&2
    exit 2
  fi
  echo "building (log: build/build.log)" >&2
  built="$root/build/.built.new"
  rm -f "$built"
  { cmake --build "$root/build/release" && : >"$built"; } 2>&1 | tee -a "$log" | show_build_progress
  if ! [ -e "$built" ]; then
    grep -E -A8 'error:|FAILED' "$log" >&2 || tail -n 40 "$log" >&2
    echo "error: the build failed; the log is build/build.log" >&2
    exit 2
  fi
  rm "$built"
  mv "$stamp" "$root/build/.stamp"
}

# show_build_progress  from Ninja's "[12/345] ..." lines: in place on a terminal, a line each quarter in a log
show_build_progress() {
  if [ -t 2 ] && [ "${TERM:-dumb}" != dumb ] && [ -z "${CI:-}${NO_COLOR:-}" ]; then in_place=1; else in_place=0; fi
  awk -v in_place="$in_place" '
    match($0, /^\[[0-9]+\/[0-9]+\]/) {
      split(substr($0, 2, RLENGTH - 2), at, "/")
      if (in_place) { printf "\r  step %d of %d\033[K", at[1], at[2]; fflush() }
      else if (at[2] >= 40 && int(4 * at[1] / at[2]) > quarter) { quarter = int(4 * at[1] / at[2]); print "  step " at[1] " of " at[2]; fflush() }
    }
    END { if (in_place) printf "\r\033[K" }' >&2
}

# is_built  true when nothing that goes into the binaries is newer than the last build
is_built() {
  [ -x "$root/build/release/bin/bitloom" ] && [ -f "$root/build/.stamp" ] &&
    [ -z "$(find "$root/src" "$root/rtl" "$root/cmake" "$root/CMakeLists.txt" "$root/CMakePresets.json" \
            -newer "$root/build/.stamp" -print -quit)" ]
}
