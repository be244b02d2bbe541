using System.Globalization;

namespace ButlerRpc.Contracts;

/// <summary>What a caller and a callee with different shapes of one method cannot read of each other.</summary>
sealed class MethodReading
{
    MethodReading(IReadOnlyList<ReadingFault> requests, IReadOnlyList<ReadingFault> replies)
    {
        Requests = requests;
        Replies = replies;
    }

    /// <summary>What the callee cannot read.</summary>
    public IReadOnlyList<ReadingFault> Requests { get; }

    /// <summary>What the caller cannot read.</summary>
    public IReadOnlyList<ReadingFault> Replies { get; }

    /// <summary>
    /// What keeps calls of a method from working between two sides; empty: they may go. A difference that only some values meet is no obstacle: those values
    /// fail when they come.
    /// </summary>
    /// <param name="caller">The contract lines of the method on the calling side.</param>
    /// <param name="callee">The contract lines of the method on the serving side.</param>
    public static IReadOnlyList<string> Obstacles(IEnumerable<string> caller, IEnumerable<string> callee)
    {
        var (calling, serving) = (ContractSet.Parse(caller), ContractSet.Parse(callee));
        if (calling.Methods.Values.FirstOrDefault() is not { } here || serving.Methods.Values.FirstOrDefault() is not { } there)
            return ["one side does not describe the method"];
        var reading = Compare(calling, here, serving, there, trustsNames: false);
        return [.. reading.Requests.Concat(reading.Replies).Where(f => f.Readability == Readability.Never).Select(f => $"{f.Member}: {f.Text}")];
    }

    public static MethodReading Compare(ContractSet callers, MethodFacts caller, ContractSet callees, MethodFacts callee, bool trustsNames)
    {
        if (caller.Kind != callee.Kind)
            return new MethodReading([new ReadingFault(callee.Name, Readability.Never, $"it is {caller.Kind} for the caller and {callee.Kind} for the server")], []);
        var requests = new ShapeReading(callers, callees) { TrustsNames = trustsNames };
        var replies = new ShapeReading(callees, callers) { TrustsNames = trustsNames };
        Request(callers, caller, callees, callee, requests);
        if (caller.Result is { } read)
            replies.Type(callee.Result ?? Nil, read, $"{callee.Name} result");
        foreach (var number in caller.Streams.Keys.Union(callee.Streams.Keys))
            Stream(caller, callee, number, requests);
        foreach (var fault in callee.Faults)
            Fault(fault, callees, caller, callers, replies);
        return new MethodReading(requests.Faults, replies.Faults);
    }

    // A fault travels with the code of its message, and is nothing but a failure to a caller who does not know that.
    static void Fault(TypeShape fault, ContractSet callees, MethodFacts caller, ContractSet callers, ShapeReading replies)
    {
        var code = CodeOf(callees, fault);
        if (caller.Faults.FirstOrDefault(f => replies.TrustsNames ? f.Name == fault.Name : CodeOf(callers, f) == code) is { } known)
            replies.Type(fault, known, $"{caller.Name} fault");
        else if (!replies.TrustsNames && caller.Faults.FirstOrDefault(f => f.Name == fault.Name) is { } moved)
            replies.Unreadable($"{caller.Name} fault {fault.Name}", $"it has the code {Text(code)} for the server and {Text(CodeOf(callers, moved))} for the caller");
    }

    static int CodeOf(ContractSet set, TypeShape fault) => set.Messages.TryGetValue(fault.Name, out var message) ? message.Code : 0;

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    static TypeShape Nil { get; } = TypeShape.Parse("nil?");

    static void Request(ContractSet callers, MethodFacts caller, ContractSet callees, MethodFacts callee, ShapeReading requests)
    {
        if (caller.Request is { } message && callee.Request is { } expected)
            requests.Type(message, expected, $"{callee.Name} request");
        else if (Body(callers, caller) is { } written && Body(callees, callee) is { } read)
            requests.Message(written, read); // a bare message and an array of arguments are the same bytes when their members are
        else
            requests.Unreadable($"{callee.Name} request", "one side sends a message that is not described, the other an array of arguments");
    }

    static MessageShape? Body(ContractSet set, MethodFacts method) =>
        method.Request is null ? method.Arguments
        : set.Messages.TryGetValue(method.Request.Name, out var message) ? message : null;

    static void Stream(MethodFacts caller, MethodFacts callee, int number, ShapeReading requests)
    {
        var member = $"{callee.Name} stream {Text(number)}";
        if (!caller.Streams.TryGetValue(number, out var written))
            requests.Unreadable(member, "the server expects it, the caller does not know it");
        else if (!callee.Streams.TryGetValue(number, out var read))
            requests.Unreadable(member, "the caller sends it, the server does not know it");
        else
            requests.Type(written.Type, read.Type, member);
    }
}
