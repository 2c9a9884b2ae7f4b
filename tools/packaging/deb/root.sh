#!/bin/sh
# Makes a root of Debian trixie to build and judge the package in, once for each list of packages, and prints its path.
# Where Debian is to be had is what this machine's own apt knows.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/kuager/deb"
suite=trixie

say() { printf 'deb: %s\n' "$*" >&2; }
fail() { say "$*"; exit 69; }

command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing: run 'apt-get install mmdebstrap', then try again."
[ "$(id -u)" = 0 ] || fail "only the administrator can make a root file system: try again with sudo."

packages=$(sed -e 's/#.*//' "$here/root-packages.txt" | awk 'NF { print $1 }' | sort | paste -s -d ,)
arch=$(dpkg --print-architecture)
key=$(printf '%s\n' "$suite" "$arch" "$packages" | sha256sum | cut -c1-16)
root="$cache/root-$arch-$key"

mkdir -p "$cache"
exec 9>"$cache/root.lock"
flock 9
if [ ! -d "$root" ]; then
    mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(SITE)' 'Created-By: Packages' |
        awk '$1 == "Debian" && $2 == "Debian" { print $3; exit }')
    [ -n "$mirror" ] || fail "this machine's apt knows no Debian mirror: run 'apt-get update', then try again."
    say "making a root of Debian $suite for $arch, once: some minutes"
    rm -rf "$cache"/root-*.part
    mmdebstrap -q --mode=root --variant=minbase --arch="$arch" --include="$packages" \
        --aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/locale/*' \
        "$suite" "$root.part" "$mirror" >&2 || fail "Debian's packages could not be installed: see the message above."
    mv "$root.part" "$root"
    for old in "$cache/root-$arch"-*; do [ "$old" = "$root" ] || rm -rf "$old"; done
fi
printf '%s\n' "$root"
