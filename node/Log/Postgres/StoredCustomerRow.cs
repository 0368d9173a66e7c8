using Npgsql;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>One line of the answer for many customers: the customer's own columns, and one record of the tail or none.</summary>
/// <param name="Index">Place of the id among those asked for, from 0.</param>
internal readonly record struct StoredCustomerRow(int Index, TombstoneRow? Tombstone, IdentityRow? Identity, SnapshotRow? Snapshot, LogRow? Record)
{
    /// <summary>Hashes of ids are not in the answer: see <see cref="Gather"/>.</summary>
    public static StoredCustomerRow Read(NpgsqlDataReader row)
    {
        var tombstone = row.IsDBNull(1) ? null : new TombstoneRow(0, row.GetInt64(1), row.GetFieldValue<byte[]>(2));
        var index = (int)row.GetInt64(0) - 1;
        if (row.IsDBNull(3))
        {
            return new StoredCustomerRow(index, tombstone, null, null, null);
        }

        var customer = Uuid.Customer(row.GetGuid(3));
        return new StoredCustomerRow(
            index,
            tombstone,
            new IdentityRow(0, customer, row.GetFieldValue<byte[]>(4)),
            row.IsDBNull(6) ? null : new SnapshotRow(customer, row.GetInt64(5), row.GetFieldValue<byte[]>(6), row.IsDBNull(7) ? long.MaxValue : row.GetInt64(7)),
            row.IsDBNull(8)
                ? null
                : new LogRow(
                    row.GetInt64(8),
                    row.GetInt64(9),
                    customer,
                    row.GetInt64(10),
                    row.GetInt64(11),
                    row.GetFieldValue<byte[]>(13),
                    row.GetFieldValue<byte[]>(14),
                    row.IsDBNull(12) ? default : Uuid.Hash(row.GetGuid(12))));
    }

    /// <param name="rows">By index; at least one for each id.</param>
    public static IReadOnlyList<StoredCustomer> Gather(IReadOnlyList<UInt128> idHashes, List<StoredCustomerRow> rows)
    {
        var found = new List<StoredCustomer>(idHashes.Count);
        for (var at = 0; at < rows.Count;)
        {
            var first = rows[at];
            var idHash = idHashes[first.Index];
            List<LogRow> tail = [];
            for (; at < rows.Count && rows[at].Index == first.Index; at++)
            {
                if (rows[at].Record is { } record)
                {
                    tail.Add(record);
                }
            }

            var identity = first.Identity;
            found.Add(new StoredCustomer(
                idHash,
                first.Tombstone is { } tombstone ? tombstone with { IdHash = idHash } : null,
                identity is null ? null : identity with { IdHash = idHash },
                first.Snapshot,
                tail));
        }

        return found;
    }
}
