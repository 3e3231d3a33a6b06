#!/usr/bin/env bash
# Proves the README's two commands in a clean Debian 12 root made with debootstrap, from nothing but a clone of this checkout (what is
# committed). Long (it installs and builds everything, then runs the digits recipe and every test); run by hand as root:
#   tests/debian/clean_root.sh [FOLDER]        FOLDER (default: a temporary one) needs about 8 GB and is removed at the end
# The Debian mirror, its keys and apt's settings are those of the machine it runs on. Data and models shared beside the checkout, if
# any, are not copied: tests that want them skip and say so.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "error: clean_root.sh makes a root file system; run it as root" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "error: debootstrap is not installed; apt-get install debootstrap" >&2; exit 2; }

checkout=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
work=$(mktemp -d "${1:-${TMPDIR:-/tmp}}/clean_root.XXXXXX")
root=$work/root

clean_up() {
  for mount in dev/shm dev proc; do umount -l "$root/$mount" 2>/dev/null || true; done
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT

mirror=$(apt-cache policy | sed -n 's/^ *500 \(http[^ ]*\) bookworm\/main .*/\1/p' | head -n 1)
[ -n "$mirror" ] || { echo "error: apt knows no bookworm mirror; check /etc/apt/sources.list" >&2; exit 2; }

step() { printf '\n== %s (%(%H:%M:%S)T)\n' "$*" -1; }

step "debootstrap"
debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
  { tail -20 "$work/debootstrap.log"; exit 1; }
cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
mkdir -p "$root/proc" "$root/dev/shm"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"
cp /etc/resolv.conf "$root/etc/resolv.conf"

step "clone"
git clone -q "$checkout" "$root/srv/bitloom"

inside() {
  chroot "$root" /usr/bin/env -i HOME=/srv PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 CI=true sh -c "cd /srv/bitloom && $*"
}

step "./bitloom run recipes/digits.yaml, from nothing"
started=$SECONDS
inside ./bitloom run recipes/digits.yaml
first=$((SECONDS - started))

step "./bitloom run recipes/digits.yaml, again"
started=$SECONDS
inside ./bitloom run recipes/digits.yaml
second=$((SECONDS - started))

step "what the run left"
inside 'ls -l runs/digits runs/digits/hardware && test -s runs/digits/report.html && find runs/digits -name "*.bin" -size +1k | grep .'

step "./test"
started=$SECONDS
inside ./test
tests=$((SECONDS - started))

printf '\nclean Debian 12 root: first run %d s, second run %d s, ./test %d s\n' "$first" "$second" "$tests"
