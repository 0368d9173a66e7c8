using System.Runtime.InteropServices;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Customers;

/// <summary>What is kept of an erased customer: keyed hashes, enough to drop a redelivery and nothing to recognise anybody by.</summary>
internal static class Tombstones
{
    /// <summary>One for every outside id, with the message ids of the horizon and the ids of all the customer's decisions.</summary>
    public static List<TombstoneRow> Make(CustomerState state, IEnumerable<UInt128> idHashes, IEnumerable<UInt128> decisionHashes, long atMicros)
    {
        ulong[] hashes = [.. state.Messages, .. decisionHashes.Select(hash => (ulong)hash)];
        var bytes = MemoryMarshal.AsBytes(hashes.AsSpan()).ToArray();
        return [.. idHashes.Select(id => new TombstoneRow(id, atMicros, bytes))];
    }

    /// <summary>A vectorised scan; the hashes of several lives under one id lie one behind the other, in no order.</summary>
    public static bool Knows(TombstoneRow tombstone, ulong hash) =>
        MemoryMarshal.Cast<byte, ulong>(tombstone.MessageHashes).Contains(hash);
}
