using PmOrleans.Decisioning.Codec;

namespace PmOrleans.GrainInterfaces.Serialization.Wire;

/// <summary>Buffers for objects inside objects, whose length is written before them. A thread keeps as many as it was deep.</summary>
internal static class WireScratch
{
    [ThreadStatic]
    private static Stack<ByteWriter>? _free;

    public static ByteWriter Rent() => (_free ??= new Stack<ByteWriter>()).TryPop(out var writer) ? writer : new ByteWriter();

    public static void Return(ByteWriter writer)
    {
        writer.Clear();
        _free!.Push(writer);
    }
}
