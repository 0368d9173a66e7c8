using System.Buffers.Binary;
using System.Globalization;

namespace PmOrleans.Decisioning.Identity;

/// <summary>
/// The internal key of a customer: 128 random bits, given once and never derived from an outside id, so that what is left in the log
/// after an erasure cannot be tied to anybody. <c>default</c> means "no customer": a record of the node itself.
/// </summary>
/// <remarks>Outside ids are aliases that point to a key; a later merge of two customers is one alias pointing elsewhere.</remarks>
public readonly record struct CustomerKey(ulong High, ulong Low) : IComparable<CustomerKey>
{
    public const int Size = 16;

    public bool IsNone => High == 0 && Low == 0;

    /// <summary>Which of <paramref name="stripes"/> (a power of two) this key belongs to.</summary>
    public int Stripe(int stripes) => (int)(Low & (uint)(stripes - 1));

    public static CustomerKey Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    public int CompareTo(CustomerKey other)
    {
        var high = High.CompareTo(other.High);
        return high != 0 ? high : Low.CompareTo(other.Low);
    }

    public override int GetHashCode() => (int)(High ^ (High >> 32) ^ Low);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{High:x16}{Low:x16}");

    public static bool operator <(CustomerKey left, CustomerKey right) => left.CompareTo(right) < 0;

    public static bool operator >(CustomerKey left, CustomerKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(CustomerKey left, CustomerKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(CustomerKey left, CustomerKey right) => left.CompareTo(right) >= 0;
}
