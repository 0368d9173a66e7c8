using System.Buffers.Binary;

namespace PmOrleans.GrainInterfaces;

/// <summary>A customer's keyed hash as a grain's key, and back.</summary>
public static class CustomerKeys
{
    public static Guid ToGuid(UInt128 idHash)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, idHash);
        return new Guid(bytes, bigEndian: true);
    }

    public static UInt128 ToHash(Guid key)
    {
        Span<byte> bytes = stackalloc byte[16];
        key.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
