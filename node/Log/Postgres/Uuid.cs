using System.Buffers.Binary;
using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>128 bits as the database has them: customers and keyed hashes are stored as <c>uuid</c>, in the order of their bytes.</summary>
internal static class Uuid
{
    /// <summary>The upper half of a node's own records; a customer's key is random and has it once in 2^64.</summary>
    private const ulong OfNodes = ulong.MaxValue;

    public static Guid Of(CustomerKey customer) => Of(customer.High, customer.Low);

    public static Guid Of(UInt128 hash) => Of((ulong)(hash >> 64), (ulong)hash);

    public static Guid OfNode(short node) => Of(OfNodes, (ulong)node);

    /// <summary><c>default</c> for a node's own record.</summary>
    public static CustomerKey Customer(Guid uuid)
    {
        Span<byte> bytes = stackalloc byte[16];
        uuid.TryWriteBytes(bytes, bigEndian: true, out _);
        var key = CustomerKey.Read(bytes);
        return key.High == OfNodes ? default : key;
    }

    public static UInt128 Hash(Guid uuid)
    {
        Span<byte> bytes = stackalloc byte[16];
        uuid.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static Guid Of(ulong high, ulong low)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], low);
        return new Guid(bytes, bigEndian: true);
    }
}
