# Sourced by tests that train (bash).

# write_noise_set DIR TRAIN TEST: DIR/mnist with TRAIN and TEST 28x28 images of noise as IDX files, the same on every call. There is
# nothing to learn from it, but how it is learnt does not depend on that.
write_noise_set() {
  mkdir -p "$1/mnist"
  write_noise_part "$1/mnist/train" "$2" 1
  write_noise_part "$1/mnist/t10k" "$3" 2
}

# write_noise_part PREFIX IMAGES SEED
write_noise_part() {
  { printf '\0\0\10\3'; big_endian "$2"; big_endian 28; big_endian 28; noise $(($2 * 784)) 255 "$3"; } >"$1-images-idx3-ubyte"
  # Bytes 1 to 10, less one: awk prints no zero byte.
  { printf '\0\0\10\1'; big_endian "$2"; noise "$2" 10 "$3" | tr '\1-\12' '\0-\11'; } >"$1-labels-idx1-ubyte"
}

# big_endian N: four bytes
big_endian() {
  local byte
  for byte in $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)); do printf "\\$(printf %o "$byte")"; done
}

# noise BYTES LARGEST SEED: bytes 1 .. LARGEST (Park and Miller's generator)
noise() {
  LC_ALL=C awk -v count="$1" -v largest="$2" -v x="$3" 'BEGIN {
    for (i = 0; i < count; ++i) { x = x * 16807 % 2147483647; printf "%c", 1 + int(x / 2147483647 * largest) }
  }'
}
