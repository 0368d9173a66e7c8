using System.Runtime.CompilerServices;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Segments;

namespace PmOrleans.GrainInterfaces.Serialization.Wire;

internal sealed class WireText : WireValue<string?>
{
    public override void Write(ByteWriter writer, string? value) => writer.Text(value);

    public override string? Read(ref ByteReader reader) => reader.Text();
}

internal sealed class WireBool : WireValue<bool>
{
    public override void Write(ByteWriter writer, bool value) => writer.Bool(value);

    public override bool Read(ref ByteReader reader) => reader.Bool();
}

internal sealed class WireInt : WireValue<int>
{
    public override void Write(ByteWriter writer, int value) => writer.Signed(value);

    public override int Read(ref ByteReader reader)
    {
        var value = reader.Signed();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new CorruptDataException($"{value} is no 32-bit number");
    }
}

internal sealed class WireLong : WireValue<long>
{
    public override void Write(ByteWriter writer, long value) => writer.Signed(value);

    public override long Read(ref ByteReader reader) => reader.Signed();
}

/// <summary>Hashes: as long as they are.</summary>
internal sealed class WireHash : WireValue<ulong>
{
    public override void Write(ByteWriter writer, ulong value) => writer.Fixed64(value);

    public override ulong Read(ref ByteReader reader) => reader.Fixed64();
}

internal sealed class WireDouble : WireValue<double>
{
    public override void Write(ByteWriter writer, double value) => writer.Double(value);

    public override double Read(ref ByteReader reader) => reader.Double();
}

internal sealed class WireDecimal : WireValue<decimal>
{
    public override void Write(ByteWriter writer, decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        foreach (var part in parts)
        {
            writer.Signed(part);
        }
    }

    public override decimal Read(ref ByteReader reader)
    {
        Span<int> parts = stackalloc int[4];
        foreach (ref var part in parts)
        {
            part = unchecked((int)reader.Signed());
        }

        // Sign and scale, 0 to 28, and nothing else.
        var (scale, rest) = ((parts[3] >> 16) & 0xff, parts[3] & 0x7f00ffff);
        return rest == 0 && scale <= 28 ? new decimal(parts) : throw new CorruptDataException("four numbers are no decimal");
    }
}

internal sealed class WireTime : WireValue<TimeSpan>
{
    public override void Write(ByteWriter writer, TimeSpan value) => writer.Signed(value.Ticks);

    public override TimeSpan Read(ref ByteReader reader) => new(reader.Signed());
}

/// <summary>By number; a later release's value is kept as it is.</summary>
internal sealed class WireEnum<T> : WireValue<T>
    where T : struct, Enum
{
    public override void Write(ByteWriter writer, T value) =>
        writer.Signed(Unsafe.SizeOf<T>() == 1 ? Unsafe.As<T, byte>(ref value) : Unsafe.As<T, int>(ref value));

    public override T Read(ref ByteReader reader)
    {
        var number = reader.Signed();
        if (Unsafe.SizeOf<T>() == 1)
        {
            var small = (byte)number;
            return Unsafe.As<byte, T>(ref small);
        }

        var value = (int)number;
        return Unsafe.As<int, T>(ref value);
    }
}

internal sealed class WireProperty : WireValue<Property>
{
    public override void Write(ByteWriter writer, Property value)
    {
        writer.Text(value.Name);
        writer.Byte((byte)value.Value.Kind);
        writer.Text(value.Value.Text);
        writer.Double(value.Value.Number);
    }

    public override Property Read(ref ByteReader reader) =>
        new(reader.RequiredText(), new PropertyValue((PropertyKind)reader.Byte(), reader.Text(), reader.Double()));
}

internal sealed class WireSegmentMinute : WireValue<SegmentMinute>
{
    public override void Write(ByteWriter writer, SegmentMinute value)
    {
        writer.Signed(value.AtMicros);
        writer.Signed(value.Entered);
        writer.Signed(value.Left);
    }

    public override SegmentMinute Read(ref ByteReader reader) => new(reader.Signed(), reader.Signed(), reader.Signed());
}
