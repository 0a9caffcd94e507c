#!/usr/bin/env bash
# Installs what the tests use besides Rust where it is missing: feed readers and a browser of Debian, and packages of PyPI in target/python.
# Does nothing, and says nothing, where all of it is there. Tests of what cannot be installed say that they skip; with CI=true they fail.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'tests/setup.sh: %s\n' "$*" >&2; }

# Each command with the Debian package that brings it.
missing=()
while read -r command package; do
  command -v "$command" >/dev/null || missing+=("$package")
done <<'LIST'
newsboat newsboat
sfeed sfeed
chromium chromium
chromedriver chromium-driver
npm npm
python3 python3
zstd zstd
brotli brotli
LIST
# Debian's python3 has `venv` but not what makes one.
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)

if ((${#missing[@]})); then
  if ! command -v apt-get >/dev/null; then
    say "this is no Debian; please install yourself: ${missing[*]}"
  else
    if ((EUID == 0)); then as_root=(); else as_root=(sudo -n); fi
    say "installing ${missing[*]}"
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
      tail -n 20 "$log" >&2
      say "could not install: ${missing[*]}; as root: apt-get install ${missing[*]}"
    fi
    rm -f "$log"
  fi
fi

# The venv, anew when what it should hold has changed.
venv=target/python
if command -v python3 >/dev/null && ! cmp --silent tests/requirements.txt "$venv/requirements.txt"; then
  say "installing tests/requirements.txt in $venv"
  rm -rf "$venv"
  mkdir -p target
  if python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement tests/requirements.txt; then
    cp tests/requirements.txt "$venv/requirements.txt"
  else
    say "could not install tests/requirements.txt"
  fi
fi

# What judges the pages in the browser, from npm: one file.
axe=axe-core@4.14.1
if command -v npm >/dev/null && [[ $(cat target/axe/version 2>/dev/null) != "$axe" ]]; then
  say "installing $axe in target/axe"
  unpacked=$(mktemp -d)
  if npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$unpacked" "$axe" >/dev/null; then
    mkdir -p target/axe
    cp "$unpacked/node_modules/axe-core/axe.min.js" target/axe/axe.min.js
    printf '%s\n' "$axe" >target/axe/version
  else
    say "could not install $axe"
  fi
  rm -rf "$unpacked"
fi

if [[ ${CI:-} == true ]] && ! { command -v newsboat && command -v sfeed && [[ -x $venv/bin/python3 ]]; } >/dev/null; then
  say "CI needs newsboat, sfeed and $venv"
  exit 1
fi
