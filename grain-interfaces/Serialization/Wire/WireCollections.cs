using PmOrleans.Decisioning.Codec;

namespace PmOrleans.GrainInterfaces.Serialization.Wire;

/// <summary>What may be missing: 0, or one more than the count.</summary>
internal static class WireCount
{
    public static void Write(ByteWriter writer, int? count) => writer.Count(count is { } known ? known + 1 : 0);

    /// <returns>No more than the bytes left can hold, so that it is safe to allocate for; -1: nothing is there.</returns>
    public static int Read(ref ByteReader reader)
    {
        var count = reader.Count() - 1;
        return count <= reader.Remaining ? count : throw new CorruptDataException($"{count} items in {reader.Remaining} bytes at byte {reader.Position}");
    }
}

internal sealed class WireNullable<T>(WireValue<T> inner) : WireValue<T?>
    where T : struct
{
    public override void Write(ByteWriter writer, T? value)
    {
        writer.Bool(value.HasValue);
        if (value is { } known)
        {
            inner.Write(writer, known);
        }
    }

    public override T? Read(ref ByteReader reader) => reader.Bool() ? inner.Read(ref reader) : null;
}

internal sealed class WireBytes : WireValue<byte[]?>
{
    public override void Write(ByteWriter writer, byte[]? value)
    {
        WireCount.Write(writer, value?.Length);
        writer.Raw(value);
    }

    public override byte[]? Read(ref ByteReader reader)
    {
        var length = WireCount.Read(ref reader);
        return length < 0 ? null : reader.Raw(length).ToArray();
    }
}

internal sealed class WireMemory : WireValue<ReadOnlyMemory<byte>>
{
    public override void Write(ByteWriter writer, ReadOnlyMemory<byte> value) => writer.Blob(value.Span);

    public override ReadOnlyMemory<byte> Read(ref ByteReader reader) => reader.Blob().ToArray();
}

internal sealed class WireArray<T>(WireValue<T> item) : WireValue<T[]?>
{
    public override void Write(ByteWriter writer, T[]? value)
    {
        WireCount.Write(writer, value?.Length);
        foreach (var one in value ?? [])
        {
            item.Write(writer, one);
        }
    }

    public override T[]? Read(ref ByteReader reader)
    {
        var count = WireCount.Read(ref reader);
        if (count <= 0)
        {
            return count < 0 ? null : [];
        }

        var many = new T[count];
        for (var i = 0; i < many.Length; i++)
        {
            many[i] = item.Read(ref reader);
        }

        return many;
    }
}

/// <summary>A list arrives as an array: nobody may change it anyhow.</summary>
internal sealed class WireList<T>(WireValue<T> item) : WireValue<IReadOnlyList<T>?>
{
    private readonly WireArray<T> _array = new(item);

    public override void Write(ByteWriter writer, IReadOnlyList<T>? value)
    {
        WireCount.Write(writer, value?.Count);
        for (var i = 0; i < value?.Count; i++)
        {
            item.Write(writer, value[i]);
        }
    }

    public override IReadOnlyList<T>? Read(ref ByteReader reader) => _array.Read(ref reader);
}

internal sealed class WireMap<T>(WireValue<T> item) : WireValue<IReadOnlyDictionary<string, T>?>
{
    public override void Write(ByteWriter writer, IReadOnlyDictionary<string, T>? value)
    {
        WireCount.Write(writer, value?.Count);
        foreach (var (key, one) in value ?? new Dictionary<string, T>(StringComparer.Ordinal))
        {
            writer.Text(key);
            item.Write(writer, one);
        }
    }

    public override IReadOnlyDictionary<string, T>? Read(ref ByteReader reader)
    {
        var count = WireCount.Read(ref reader);
        if (count < 0)
        {
            return null;
        }

        var map = new Dictionary<string, T>(count, StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var key = reader.RequiredText();
            map[key] = item.Read(ref reader);
        }

        return map;
    }
}
