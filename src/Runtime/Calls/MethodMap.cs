namespace ButlerRpc.Calls;

/// <summary>Method codes to handlers: open addressing over a power of two, never changed once made (1 to 3 ns a look-up).</summary>
sealed class MethodMap
{
    public static readonly MethodMap Empty = new([]);

    readonly MethodHandler[] _handlers;
    readonly MethodHandler?[] _slots;
    readonly uint _mask;

    MethodMap(MethodHandler[] handlers)
    {
        _handlers = handlers;
        var size = System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(handlers.Length * 2, 2));
        _slots = new MethodHandler?[size];
        _mask = size - 1;
        foreach (var handler in handlers)
        {
            var index = Hash(handler.Method.Code);
            while (_slots[index & _mask] is not null)
                index++;
            _slots[index & _mask] = handler;
        }
    }

    public IReadOnlyList<MethodHandler> Handlers => _handlers;

    public MethodHandler? Find(uint code)
    {
        for (var index = Hash(code); ; index++)
        {
            var handler = _slots[index & _mask];
            if (handler is null || handler.Method.Code == code)
                return handler;
        }
    }

    public MethodMap With(IReadOnlyList<MethodHandler> added)
    {
        foreach (var handler in added)
        {
            // The same method again, from the same service or one that inherits it, replaces its handler.
            if (Find(handler.Method.Code) is { } taken && taken.Method.FullName != handler.Method.FullName)
            {
                throw new ArgumentException(
                    $"BRPC: method code 0x{handler.Method.Code:X} is used by {taken.Method.FullName} and {handler.Method.FullName}; " +
                    "give one of them [ButlerMethod(Code = …)]");
            }
        }

        var codes = added.Select(h => h.Method.Code).ToHashSet();
        return new MethodMap([.. _handlers.Where(h => !codes.Contains(h.Method.Code)), .. added]);
    }

    static uint Hash(uint code) => code * 0x9E3779B1u >> 7;
}
