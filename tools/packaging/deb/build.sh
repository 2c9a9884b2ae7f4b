#!/bin/sh
# Builds dist/kuager_<version>_<arch>.deb in a root of Debian trixie of this machine's architecture: amd64 here, arm64
# by the same command on an arm64 machine. The root, the pinned wheels and the rendered prompts are kept in
# ~/.cache/kuager/deb, each under a name made from all that it depends on.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/kuager/deb"
python="$top/.venv/bin/python"

say() { printf 'deb: %s\n' "$*" >&2; }
fail() { say "$*"; exit 69; }
digest() { sha256sum | cut -c1-16; }
fetch() { # fetch DIRECTORY COMMAND...: the directory, made by the command in $part unless it is there
    [ -d "$1" ] && return 0
    made=$1 part="$1.part"; shift
    rm -rf "$part" && mkdir -p "$part"
    "$@"
    mv "$part" "$made"
    for old in "${made%-*}"-*; do [ "$old" = "$made" ] || rm -rf "$old"; done
}
in_root() { # a program in the build root, without the network and without what this machine's environment says
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/nonexistent LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH="$epoch" \
        PYTHONDONTWRITEBYTECODE=1 unshare --net --mount --propagation slave chroot "$root" /bin/sh -euc "$1"
}

root=$("$here/root.sh")
exec 9>"$cache/build.lock"
flock 9
arch=$(dpkg --print-architecture)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$top/pyproject.toml")
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct 2>/dev/null || echo 1735689600)}

# The wheels: from the lock that everything is tested with, those that Debian lacks or has too old.
case $arch in amd64) machine=x86_64 ;; arm64) machine=aarch64 ;; *) fail "there are no wheels for $arch." ;; esac
names=$(sed -e 's/#.*//' "$here/wheels.txt" | awk 'NF { print $1 }' | paste -s -d '|')
lock=$(awk -v names="^($names)==" '/^[a-z]/ { keep = $0 ~ names } keep && !/# via/' "$top/tools/packaging/run.txt")
wheels="$cache/wheels-$arch-$(printf '%s' "$lock" | digest)"
get_wheels() {
    say "fetching the pinned wheels"
    [ -x "$python" ] || python=python3
    printf '%s\n' "$lock" >"$part/lock"
    "$python" -m pip download -q --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
        --python-version 3.13 --implementation cp --abi cp313 --abi abi3 --abi none --platform "manylinux_2_28_$machine" \
        --platform "manylinux_2_17_$machine" --platform "manylinux2014_$machine" --platform any \
        -d "$part" -r "$part/lock" >&2 || fail "the wheels could not be fetched: see pip's message above."
    rm "$part/lock"
}
fetch "$wheels" get_wheels

layer="$cache/layer-$(printf '%s' "$root $wheels $(cat "$here/layer.sh")" | digest)"
make_layer() {
    say "unpacking them into an environment"
    rm -rf "$root/build" && mkdir -p "$root/build"
    cp -a "$wheels" "$root/build/wheels"
    cp "$here/layer.sh" "$root/build/"
    in_root "sh /build/layer.sh /build/wheels /build/layer"
    mv "$root/build/layer" "$part/layer"
}
fetch "$layer" make_layer

# Our own part.
work="$root/build/kuager-$version"
rm -rf "$root/build" && mkdir -p "$work"
(cd "$top" && find pyproject.toml README.md LICENSE firmware tools hw systemd -name __pycache__ -prune -o ! -type d -print0 |
    tar --null -cf - -T -) | tar -xf - -C "$work"
cp -a "$here/debian" "$work/debian"
cp -a --reflink=auto "$layer/layer" "$work/layer"
cat >"$work/debian/changelog" <<END
kuager ($version) trixie; urgency=medium

  * Built from $(git -C "$top" describe --always --dirty 2>/dev/null || echo "an unknown commit").

 -- $(sed -n 's/^Maintainer: //p' "$here/debian/control")  $(date -u -R -d "@$epoch")
END

# The prompts: only what is missing or changed is rendered anew.
voice="$cache/voice-$(printf '%s' "$root" | digest)"
mkdir -p "$voice"
cp -a --reflink=auto "$voice" "$work/voice"
in_root "cd /build/kuager-$version && PYTHONPATH=firmware:layer/lib/python3.13/site-packages \
    python3 -c 'import sys; from kuager.cli import main; main()' voice render --out voice" >&2
rm -rf "$voice" && cp -a --reflink=auto "$work/voice" "$voice"

say "building"
in_root "cd /build/kuager-$version && dpkg-buildpackage -b -us -uc -d >/build/log 2>&1" || { tail -n 40 "$root/build/log" >&2; fail "dpkg-buildpackage failed; its log is $root/build/log"; }
mkdir -p "$top/dist"
mv "$root/build/kuager_${version}_$arch.deb" "$top/dist/"
printf '%s\n' "dist/kuager_${version}_$arch.deb"
