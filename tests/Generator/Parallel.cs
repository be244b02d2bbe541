// Every test has a compilation of its own.
[assembly: Parallelizable(ParallelScope.All)]
