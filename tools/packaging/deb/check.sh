#!/bin/sh
# Installs the built package in a copy of the build root and judges it there: check.sh COMMAND..., run in that root
# after the package is installed; without one, all that is checked of a package. Nothing of it stays.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
deb=$(ls -t "$top"/dist/kuager_*_"$(dpkg --print-architecture)".deb 2>/dev/null | head -n 1)
[ -n "$deb" ] || { echo "deb: there is no package in dist: run 'make deb' first." >&2; exit 69; }
root=$("$here/root.sh")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/upper" "$work/work" "$work/root"
cp "$deb" "$work/upper/kuager.deb"
cp "$here/judge.sh" "$work/upper/judge.sh"
# A mount namespace and a network of its own: what is mounted ends with it.
unshare --mount --net --pid --fork sh -euc '
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
    mount -t proc proc "$2/root/proc"
    shift 1; cd "$1/root"; root=$1/root; shift 1
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        chroot "$root" sh -eu /judge.sh "$@"
' sh "$root" "$work" "$@"
