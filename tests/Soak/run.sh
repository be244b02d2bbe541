#!/usr/bin/env bash
# Makes calls of all kinds at random between real processes that are cut off, restarted, killed and stopped, and checks what callers were told; see CONTRIBUTING.md.
# Without arguments: what CI runs. With arguments: one run of its own (--help tells which).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

dotnet build tests/Soak -v quiet --nologo # with the library's assertions
soak() { dotnet tests/Soak/bin/Debug/net10.0/ButlerRpc.Soak.dll "$@"; }

# What comes and goes all the time is for longer runs (--faults all): hundreds of clients at once, servers that drain.
faults=cut,freeze,kill,pause

if [ $# -gt 0 ]; then
  soak "$@"
else
  soak --via direct --seconds 5 --faults none
  soak --via direct --seconds 15 --faults $faults
  soak --via broker --seconds 15 --faults $faults
fi
