using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Facts;

/// <summary>A touchpoint by itself, before it is a fact of a customer: one byte of version, then the form that facts have.</summary>
public static class TouchpointCodec
{
    private const byte Version = 1;

    public static void Write(Touchpoint touchpoint, ByteWriter writer)
    {
        writer.Byte(Version);
        TouchpointBody.Write(touchpoint, writer);
    }

    /// <exception cref="CorruptDataException">It is no touchpoint, or one of a later release.</exception>
    public static Touchpoint Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var version = reader.Byte();
        return version == Version ? TouchpointBody.Read(ref reader) : throw new CorruptDataException($"a touchpoint has version {Version}, not {version}");
    }
}
