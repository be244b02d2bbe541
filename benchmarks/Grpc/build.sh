#!/usr/bin/env bash
# Builds the contestant of gRPC C++ into benchmarks/Grpc/bin. Says what is missing and ends well where it cannot: the benchmark then runs without it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
for program in g++ protoc grpc_cpp_plugin pkg-config; do
  command -v "$program" >/dev/null || { echo "gRPC C++ is not built: $program is not installed (Debian: g++ pkg-config libgrpc++-dev libprotobuf-dev protobuf-compiler-grpc)"; exit 0; }
done
pkg-config --exists grpc++ protobuf || { echo "gRPC C++ is not built: its libraries are not installed (Debian: libgrpc++-dev libprotobuf-dev)"; exit 0; }
[ ! bin/grpc-load -nt load.cc ] || [ ! bin/grpc-load -nt echo.proto ] || exit 0
mkdir -p bin
protoc --cpp_out=bin --grpc_out=bin --plugin=protoc-gen-grpc="$(command -v grpc_cpp_plugin)" echo.proto
read -ra flags <<<"$(pkg-config --cflags --libs grpc++ protobuf)"
compiling=()
for source in load.cc bin/echo.pb.cc bin/echo.grpc.pb.cc; do
  g++ -std=c++17 -O2 -Ibin -c "$source" -o "bin/$(basename "$source" .cc).o" &
  compiling+=($!)
done
for one in "${compiling[@]}"; do wait "$one"; done
g++ bin/load.o bin/echo.pb.o bin/echo.grpc.pb.o -o bin/grpc-load.new "${flags[@]}" -pthread
mv bin/grpc-load.new bin/grpc-load
