# Sourced by the end-to-end tests (bash): ONNX files made field by field, as no exporter would write them. Parts are hexadecimal text.

# varint N; key FIELD WIRE_TYPE
varint() { local n=$1; while ((n > 127)); do printf '%02x' $((n & 127 | 128)); n=$((n >> 7)); done; printf '%02x' "$n"; }
key() { varint $(($1 << 3 | $2)); }
# number FIELD N; message FIELD PARTS...; text FIELD TEXT
number() { key "$1" 0; varint "$2"; }
message() { local field=$1 body; shift; body=$(printf '%s' "$@"); key "$field" 2; varint $((${#body} / 2)); printf '%s' "$body"; }
text() { message "$1" "$(printf '%s' "$2" | od -An -v -tx1 | tr -d ' \n')"; }

# Parts of a graph: node OPERATOR OUTPUT INPUT..., image NAME DIM..., output NAME, weights NAME DIM... (floats, in a file LOCATION),
# in the order in which the fields are to stand.
node() { local op=$1 out=$2 each; shift 2; message 1 "$(for each; do text 1 "$each"; done)" "$(text 2 "$out")" "$(text 3 "$out")" "$(text 4 "$op")"; }
image() {
  local name=$1 dim
  shift
  message 11 "$(text 1 "$name")" "$(message 2 "$(message 1 "$(number 1 1)" "$(message 2 "$(for dim; do message 1 "$(number 1 "$dim")"; done)")")")"
}
output() { message 12 "$(text 1 "$1")"; }
weights() {
  local location=$1 name=$2 dim
  shift 2
  message 5 "$(for dim; do number 1 "$dim"; done)" "$(number 2 1)" "$(text 8 "$name")" "$(message 13 "$(text 1 location)" "$(text 2 "$location")")" "$(number 14 1)"
}

# onnx_file FILE PARTS...
onnx_file() {
  local file=$1 body
  shift
  body=$(number 1 7)$(message 8 "$(number 2 13)")$(message 7 "$@")
  printf "$(sed 's/../\\x&/g' <<<"$body")" >"$file"
}
