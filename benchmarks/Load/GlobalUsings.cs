global using ButlerRpc.Benchmarks.Load.Measuring;
global using System.Net;
global using System.Net.Sockets;
