#!/bin/sh
# tools.sh PYTHON PROGRAM[:PACKAGE]...: checks that the programs are there, and installs the Debian
# packages of those that are not. Says what is missing where it cannot.
set -eu

python=$1
shift

if ! command -v cargo > /dev/null; then
    echo "missing: cargo: install Rust (rust-version in Cargo.toml tells which)" >&2
    exit 1
fi

lacking=""
lacks() { lacking="$lacking $1"; }

command -v cc > /dev/null || lacks gcc
for program in "$@"; do
    command -v "${program%%:*}" > /dev/null || lacks "${program##*:}"
done
if command -v "$python" > /dev/null; then
    "$python" -c 'import ensurepip, venv' 2> /dev/null || lacks python3-venv
else
    lacks python3
    lacks python3-venv
fi

if [ -n "$lacking" ]; then
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo -n"
    if ! command -v apt-get > /dev/null || { [ -n "$as_root" ] && ! command -v sudo > /dev/null; }; then
        echo "missing:$lacking (the names are Debian's packages): install them and run this again" >&2
        exit 1
    fi
    echo "installing:$lacking"
    # shellcheck disable=SC2086 # both are lists of words
    if ! { $as_root apt-get -qq update &&
        DEBIAN_FRONTEND=noninteractive $as_root apt-get -qq install -y --no-install-recommends $lacking > /dev/null; }; then
        echo "could not install:$lacking: install them and run this again" >&2
        exit 1
    fi
fi

if ! command -v "$python" > /dev/null; then
    echo "missing: $python: name a Python of 3.11 or newer (make PYTHON=…)" >&2
    exit 1
fi
"$python" - << 'CHECK'
import sys
if sys.version_info < (3, 11):
    sys.exit(f"{sys.executable} is Python {sys.version.split()[0]}: 3.11 or newer is needed (make PYTHON=…)")
CHECK

for component in fmt clippy; do
    if ! cargo "$component" --version > /dev/null 2>&1; then
        echo "missing: cargo $component: install Rust's components rustfmt and clippy" >&2
        exit 1
    fi
done
