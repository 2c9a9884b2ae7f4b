#!/bin/sh
# Makes this checkout ready: Debian packages, a virtual environment with pinned packages, the unit's voice.
# Usage: setup.sh run|dev|bench|fuzz|mutants|emulated. Run again, it costs a second: each part leaves a stamp named after what it was made from.
set -eu
cd "$(dirname "$0")/../.."
kind=$1
here=tools/packaging
venv=.venv

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 69; }

debian_packages() {
    wanted=$(sed -e '/^#/d' -e "$1" "$here/apt.txt" | awk '{print $1}')
    missing=
    for package in $wanted; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ]; then as_root=
    elif sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; then as_root=sudo
    else fail "these Debian packages are missing and only the administrator can install them: run 'apt-get install$missing', then try again."
    fi
    say "installing Debian packages:$missing"
    # shellcheck disable=SC2086 # the list is words
    { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; } >&2 ||
        fail "Debian's packages could not be installed: see apt-get's message above, or install$missing by hand and try again."
}

find_python() {
    for python in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            printf '%s' "$python"
            return
        fi
    done
    fail "no Python from 3.11 to 3.13 with its venv module was found: install one, or name it with 'make setup PYTHON=/path/to/python'."
}

stamped() { # stamped NAME KEY COMMAND...: runs the command unless it succeeded before with the same key
    stamp="$venv/.made-$1"; key=$2; shift 2
    [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && return 0
    "$@"
    printf '%s\n' "$key" >"$stamp"
}

digest() { cat "$@" | sha256sum | cut -c1-64; }
pip_install() { say "installing Python packages ($1)"; shift; "$venv/bin/python" -m pip install -q --disable-pip-version-check "$@" >&2 || fail "the Python packages could not be installed: see pip's message above."; }

case $kind in
    run) debian_packages '/\[\(test\|bench\|emulated\)\]/d'; lock=run.txt ;;
    dev) debian_packages '/\[\(bench\|emulated\)\]/d'; lock=dev.txt ;;
    bench) debian_packages '/\[emulated\]/d'; lock=bench.txt ;;
    fuzz) debian_packages '/\[\(test\|bench\|emulated\)\]/d'; lock=fuzz.txt ;;
    mutants) debian_packages '/\[\(bench\|emulated\)\]/d'; lock=mutants.txt ;;
    emulated) debian_packages '/\[bench\]/d'; lock=dev.txt ;;
    *) fail "usage: setup.sh run|dev|bench|fuzz|mutants|emulated" ;;
esac

if ! "$venv/bin/python" -c '' 2>/dev/null; then
    python=$(find_python)
    say "making $venv with $("$python" --version)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi
stamped "$kind" "$(digest $here/$lock)" pip_install "$lock" --require-hashes -r "$here/$lock"
stamped clip "$(digest $here/clip.txt)" pip_install "a real clip" --no-deps --require-hashes -r "$here/clip.txt"
stamped kuager "$(pwd) $(digest pyproject.toml)" pip_install kuager --no-deps --no-build-isolation -e .
if [ "$kind" = dev ]; then
    # An independent COSE library needs older packages than ours: it lives apart.
    [ -x .venv-cose/bin/python ] || "$venv/bin/python" -m venv .venv-cose
    cose_install() { say "installing Python packages (cose.txt)"; .venv-cose/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $here/cose.txt >&2; }
    stamped cose "$(digest $here/cose.txt)" cose_install
fi
"$venv/bin/kuager" voice render >&2  # renders only what is missing or changed
