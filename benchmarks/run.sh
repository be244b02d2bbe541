#!/usr/bin/env bash
# Builds the load benchmark and runs it: benchmarks/run.sh [what] [options]; --help lists them. Results go to benchmarks/results/.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
ulimit -n "$(ulimit -Hn)" # thousands of idle sessions need as many files open
bash "$here/Grpc/build.sh"
dotnet build "$here/Load" -c Release -v quiet --nologo
dotnet build "$here/FirstCall" -c Release -v quiet --nologo
# For the cold start. It needs the compiler's package; where that cannot be had, its rows are left out.
compiled="$here/FirstCall/bin/ReadyToRun"
if [ ! "$compiled/ButlerRpc.dll" -nt "$here/FirstCall/bin/Release/net10.0/ButlerRpc.dll" ]; then
  dotnet publish "$here/FirstCall" -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o "$compiled" -v quiet --nologo ||
    { echo "the cold start is measured without ReadyToRun: dotnet publish failed"; rm -rf "$compiled"; }
fi
# The library alone compiled ahead, as its package carries it (dotnet pack -p:Precompile=true): what most have who build and run a program.
packaged="$here/FirstCall/bin/Packaged"
rm -rf "$packaged"
if [ -f "$compiled/ButlerRpc.dll" ]; then
  cp -r "$here/FirstCall/bin/Release/net10.0" "$packaged"
  cp "$compiled/ButlerRpc.dll" "$packaged/"
fi
version="$(git -C "$here" describe --always --dirty 2>/dev/null || echo unknown)"
exec dotnet "$here/Load/bin/Release/net10.0/ButlerRpc.Benchmarks.Load.dll" --version "$version" --out "$here/results" "$@"
