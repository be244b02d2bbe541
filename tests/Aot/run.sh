#!/usr/bin/env bash
# Publishes the same program ahead of time (net9.0) and trimmed (net10.0), fails on any IL warning, and runs both.
# The two projects are not part of the solution: their restore brings the compilers of another framework, which building and testing do not need.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

for kind in Native Trimmed; do
  echo "-- $kind"
  dotnet publish "$kind" -c Release -o "$out/$kind" -v minimal 2>&1 | tee "$out/$kind.log"
  if grep -E "warning (IL|AOT)[0-9]*|\bIL[0-9]{4}\b" "$out/$kind.log"; then
    echo "$kind: there are IL warnings"
    exit 1
  fi
  answer=$("$out/$kind/ButlerRpc.Aot.$kind")
  echo "$answer"
  [ "$answer" = ok ]
done
