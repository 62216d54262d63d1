# Shared by every script: where things are, which versions are pinned, how a script talks.
# Sourced, never run. A version is written here and nowhere else (Cargo.toml repeats
# wasm-bindgen's because the crate and the tool must be equal; a suite compares them).

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

TRUNK_VERSION=0.21.14          # 0.22 takes twice as long to compile and adds nothing used here
WASM_BINDGEN_VERSION=0.2.130   # must equal the crate's version in Cargo.toml
WASM_TARGET=wasm32-unknown-unknown

# Tools are kept outside the clone so that a second clone need not compile them again;
# `.tools` in the clone is a link to the folder, ignored by git.
TOOLS=${SQUINT_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/squint/tools}
case $TOOLS in /*) ;; *) TOOLS=$PWD/$TOOLS ;; esac

say()  { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die()  { printf '\033[1;31m%s\033[0m\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# seconds_since START — whole seconds, for the "took" lines
seconds_since() { echo $(( $(date +%s) - $1 )); }

# A tool on PATH is used when its version fits, otherwise ours.
path_tools() {
  PATH=$TOOLS/bin:$PATH
  export PATH
}

# Chromium or Chrome, whichever this machine has; CHROME names another.
find_chrome() {
  local c
  for c in "${CHROME:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    [ -n "$c" ] && have "$c" && { command -v "$c"; return 0; }
  done
  return 1
}
