// One side of a measurement with gRPC C++. It is spoken to in lines on standard input and output, as benchmarks/Load's own roles are:
//   grpc-load server                                        says "ready PORT"
//   grpc-load client KIND BYTES CALLERS SESSIONS PORT       says "connected"
#include <grpcpp/grpcpp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "echo.grpc.pb.h"

namespace {

using Clock = std::chrono::steady_clock;

double Seconds() { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); }

double CpuMicroseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

long WorkingSetBytes() {
  long all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

void Say(const std::string& line) { std::cout << line << std::endl; }

std::string Used(double seconds, double cpu) {
  return "{\"Seconds\":" + std::to_string(seconds) + ",\"CpuMicroseconds\":" + std::to_string(cpu) +
         ",\"AllocatedBytes\":null,\"Collections\":0,\"FullCollections\":0}";
}

std::string Memory() { return "{\"HeapBytes\":null,\"WorkingSetBytes\":" + std::to_string(WorkingSetBytes()) + "}"; }

// Unary calls in the callback API; the stream by a plain synchronous handler.
using Base = load::Echo::WithCallbackMethod_EchoNumbers<load::Echo::WithCallbackMethod_EchoBlock<load::Echo::Service>>;

class EchoService final : public Base {
  grpc::ServerUnaryReactor* EchoNumbers(grpc::CallbackServerContext* context, const load::Numbers* request, load::Numbers* reply) override {
    *reply = *request;
    return Finished(context);
  }

  grpc::ServerUnaryReactor* EchoBlock(grpc::CallbackServerContext* context, const load::Block* request, load::Block* reply) override {
    *reply = *request;
    return Finished(context);
  }

  grpc::Status Watch(grpc::ServerContext*, const load::Nothing*, grpc::ServerWriter<load::Numbers>* writer) override {
    load::Numbers item;
    for (uint64_t i = 1;; i++) {
      item.set_a(i);
      item.set_b(i);
      item.set_c(i);
      item.set_d(i);
      if (!writer->Write(item)) return grpc::Status::OK;
    }
  }

  static grpc::ServerUnaryReactor* Finished(grpc::CallbackServerContext* context) {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

int Serve() {
  EchoService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  builder.SetMaxReceiveMessageSize(8 << 20);
  auto server = builder.BuildAndStart();
  if (!server) {
    std::cerr << "the server did not start\n";
    return 1;
  }

  Say("ready " + std::to_string(port));
  double first[2] = {0, 0}, last[2] = {0, 0};
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "mark") {
      first[0] = last[0];
      first[1] = last[1];
      last[0] = Seconds();
      last[1] = CpuMicroseconds();
      Say("marked");
    } else if (line == "compiled") {
      Say("compiled 0");
    } else if (line == "report") {
      Say("{\"Used\":" + Used(last[0] - first[0], last[1] - first[1]) + ",\"Memory\":" + Memory() + "}");
    }
  }

  _exit(0);  // calls may be in flight still, and nobody waits for them
}

// One caller's counts. Nobody else writes to them.
struct alignas(128) Lane {
  std::atomic<long> calls{0};
  std::vector<double> latencies;  // microseconds, of calls that began in the window
};

std::atomic<bool> stopping{false}, recording{false};
std::atomic<int> failures{0};

void Fail(const grpc::Status& status) {
  if (!stopping && failures.fetch_add(1) == 0) std::cerr << "a call failed: " << status.error_code() << " " << status.error_message() << "\n";
}

// Makes its next call when its last has been answered.
template <typename Message>
class Caller {
 public:
  Caller(load::Echo::Stub* stub, Message request, Lane* lane) : stub_(stub), request_(std::move(request)), lane_(lane) {}

  void Next() {
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    began_ = recording;
    start_ = Clock::now();
    Start([this](grpc::Status status) {
      if (!status.ok()) return Fail(status);
      lane_->calls.fetch_add(1, std::memory_order_relaxed);
      if (began_ && recording) lane_->latencies.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start_).count());
      if (!stopping) Next();
    });
  }

 private:
  void Start(std::function<void(grpc::Status)> ended);

  load::Echo::Stub* stub_;
  Message request_, reply_;
  Lane* lane_;
  std::unique_ptr<grpc::ClientContext> context_;
  Clock::time_point start_;
  bool began_ = false;
};

template <>
void Caller<load::Numbers>::Start(std::function<void(grpc::Status)> ended) {
  stub_->async()->EchoNumbers(context_.get(), &request_, &reply_, std::move(ended));
}

template <>
void Caller<load::Block>::Start(std::function<void(grpc::Status)> ended) {
  stub_->async()->EchoBlock(context_.get(), &request_, &reply_, std::move(ended));
}

void Read(load::Echo::Stub* stub, Lane* lane) {
  grpc::ClientContext context;
  auto reader = stub->Watch(&context, load::Nothing());
  load::Numbers item;
  while (!stopping && reader->Read(&item)) lane->calls.fetch_add(1, std::memory_order_relaxed);
  if (!stopping) Fail(reader->Finish());
}

load::Numbers NumbersRequest() {
  load::Numbers numbers;
  numbers.set_a(0x5A5A000000000001);
  numbers.set_b(0x5A5A000000010000);
  numbers.set_c(~0x5A5A000000000001);
  numbers.set_d(0x8000000000000001);
  return numbers;
}

long Calls(const std::vector<Lane>& lanes) {
  long all = 0;
  for (auto& lane : lanes) all += lane.calls.load(std::memory_order_relaxed);
  return all;
}

int Call(const std::string& kind, int bytes, int callers, int sessions, const std::string& port) {
  std::vector<std::unique_ptr<load::Echo::Stub>> stubs;
  for (int i = 0; i < sessions; i++) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // else all channels share one connection
    arguments.SetMaxReceiveMessageSize(8 << 20);
    auto channel = grpc::CreateCustomChannel("127.0.0.1:" + port, grpc::InsecureChannelCredentials(), arguments);
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10))) {
      std::cerr << "no connection to port " << port << "\n";
      return 1;
    }

    stubs.push_back(load::Echo::NewStub(channel));
  }

  std::vector<Lane> lanes(callers);
  std::vector<std::unique_ptr<Caller<load::Numbers>>> numbers;
  std::vector<std::unique_ptr<Caller<load::Block>>> blocks;
  std::vector<std::thread> readers;
  load::Block block;
  block.set_bytes(std::string(kind == "bulk" ? bytes : 0, 'x'));
  for (int i = 0; i < callers; i++) {
    auto* stub = stubs[i % sessions].get();
    if (kind == "serverstream") {
      readers.emplace_back(Read, stub, &lanes[i]);
    } else if (kind == "bulk") {
      blocks.push_back(std::make_unique<Caller<load::Block>>(stub, block, &lanes[i]));
      blocks.back()->Next();
    } else {
      numbers.push_back(std::make_unique<Caller<load::Numbers>>(stub, NumbersRequest(), &lanes[i]));
      numbers.back()->Next();
    }
  }

  Say("connected");
  std::string report = "null";
  for (std::string line; std::getline(std::cin, line) && line != "stop";) {
    if (line == "compiled") {
      Say("compiled 0");
      continue;
    }

    auto wanted = std::stod(line.substr(std::string("measure ").size()));
    recording = true;
    auto seconds = Seconds(), cpu = CpuMicroseconds();
    auto before = Calls(lanes);
    Say("begin");
    std::this_thread::sleep_for(std::chrono::duration<double>(wanted));
    auto calls = Calls(lanes) - before;
    seconds = Seconds() - seconds;
    cpu = CpuMicroseconds() - cpu;
    recording = false;
    Say("end");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // whoever saw the window open has written
    std::vector<double> all;
    for (auto& lane : lanes) all.insert(all.end(), lane.latencies.begin(), lane.latencies.end());
    std::sort(all.begin(), all.end());
    auto percentile = [&all](double share) { return all.empty() ? 0.0 : all[std::max<long>(0, static_cast<long>(std::ceil(all.size() * share)) - 1)]; };
    if (calls == 0 || failures > 0) return 1;
    report = "{\"Calls\":" + std::to_string(calls) + ",\"P50\":" + std::to_string(percentile(0.5)) + ",\"P90\":" + std::to_string(percentile(0.9)) +
             ",\"P99\":" + std::to_string(percentile(0.99)) + ",\"P999\":" + std::to_string(percentile(0.999)) + ",\"Longest\":" + std::to_string(percentile(1)) +
             ",\"Used\":" + Used(seconds, cpu) + ",\"Memory\":" + Memory() + "}";
  }

  stopping = true;
  Say(report);
  _exit(0);  // calls may be in flight still, and nobody waits for them
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2 && std::string(arguments[1]) == "server") return Serve();
  if (count == 7 && std::string(arguments[1]) == "client")
    return Call(arguments[2], std::stoi(arguments[3]), std::stoi(arguments[4]), std::stoi(arguments[5]), arguments[6]);
  std::cerr << "grpc-load server | grpc-load client KIND BYTES CALLERS SESSIONS PORT\n";
  return 2;
}
