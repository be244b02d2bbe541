using System.Collections.Immutable;
using ButlerRpc.Generator.Diagnostics;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace ButlerRpc.Generator;

/// <summary>
/// Steps of a pipeline that outlive a defect of the generator: the compiler would drop everything that a generator made, for one type that it stumbles over. That type is
/// named in an error; all others are generated.
/// </summary>
static class Guarded
{
    /// <summary>Reads a type; null: there is nothing to generate for it.</summary>
    public static Reading<T>? Read<T>(ISymbol subject, Func<T?> read)
        where T : class
    {
        try
        {
            return read() is { } model ? new Reading<T>(model, null) : null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new Reading<T>(null, new Failure(subject.ToDisplayString(), Describe(e), Place.Of(subject.Locations.FirstOrDefault())));
        }
    }

    /// <summary>What was read; failures are reported.</summary>
    public static IncrementalValuesProvider<T> Models<T>(IncrementalGeneratorInitializationContext context, IncrementalValuesProvider<Reading<T>?> readings)
        where T : class
    {
        context.RegisterSourceOutput(
            readings.Where(static r => r?.Failure is not null).Select(static (r, _) => r!.Failure!),
            static (output, failure) => output.ReportDiagnostic(failure.ToDiagnostic()));
        return readings.Where(static r => r?.Model is not null).Select(static (r, _) => r!.Model!);
    }

    /// <summary>Writes the files of each model: all of them or none.</summary>
    public static void Emit<T>(
        IncrementalGeneratorInitializationContext context, IncrementalValuesProvider<T> models, Func<T, string> nameOf, Func<T, IEnumerable<(string HintName, string Text)>> emit) =>
        context.RegisterSourceOutput(models, (output, model) =>
        {
            ImmutableArray<(string HintName, string Text)> files;
            try
            {
                files = [.. emit(model)];
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                output.ReportDiagnostic(new Failure(nameOf(model), Describe(e), null).ToDiagnostic());
                return;
            }

            foreach (var (hintName, text) in files)
                output.AddSource(hintName, text);
        });

    static string Describe(Exception e) => $"{e.GetType().Name}: {e.Message.Replace('\r', ' ').Replace('\n', ' ')}";

    /// <summary>A model, or why there is none.</summary>
    internal sealed record Reading<T>(T? Model, Failure? Failure)
        where T : class;

    internal sealed record Failure(string Subject, string Reason, Place? Place)
    {
        public Diagnostic ToDiagnostic() => Diagnostic.Create(Descriptors.GeneratorFailed, Place?.ToLocation() ?? Location.None, Subject, Reason);
    }

    /// <summary>A place in the source that holds no tree.</summary>
    internal sealed record Place(string Path, TextSpan Span, LinePositionSpan Lines)
    {
        public static Place? Of(Location? location) => location is { IsInSource: true } ? new Place(location.SourceTree!.FilePath, location.SourceSpan, location.GetLineSpan().Span) : null;

        public Location ToLocation() => Location.Create(Path, Span, Lines);
    }
}
