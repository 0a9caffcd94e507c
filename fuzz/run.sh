#!/usr/bin/env bash
# Fuzzes each target (or those named) for some seconds, guided by coverage, with a stable compiler: `bash fuzz/run.sh SECONDS [TARGET…]`.
# LLVM's own coverage pass needs no nightly switch. What breaks lies in fuzz/artifacts/; what covered something new, in fuzz/corpus/.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:?how many seconds a target}
shift
host=$(rustc -vV | sed -n 's/^host: //p')
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
coverage="$coverage -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
# The versions that tidings is built with.
cp ../Cargo.lock Cargo.lock
RUSTFLAGS="$coverage --cfg fuzzing" "${CARGO:-cargo}" build --release --target "$host"
[ $# -gt 0 ] || set -- charset xml rss atom rdf cdf json date html page article config rule opml url
broken=0
for target in "$@"; do
  mkdir -p "corpus/$target" "../tests/fuzz/$target" artifacts
  folders="corpus/$target ../tests/fuzz/$target"
  case $target in charset | xml) folders="$folders ../tests/read" ;; esac
  echo "== $target"
  # shellcheck disable=SC2086 # a list of folders
  FUZZ_TARGET=$target FUZZ_SEEDS=corpus/$target "target/$host/release/tidings-fuzz" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=512 \
    -max_len=16384 -dict=dictionary -artifact_prefix="artifacts/$target-" -print_final_stats=1 $folders 2>&1 | tail -n 25 || broken=1
  rmdir "../tests/fuzz/$target" 2>/dev/null || true
done
exit $broken
