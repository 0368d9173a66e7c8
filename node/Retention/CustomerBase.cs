using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Node.Log;
using PmOrleans.Node.Privacy;

namespace PmOrleans.Node.Retention;

/// <summary>
/// Where one customer's fold begins once earlier records were cut: the state as of the cut, and of the records themselves the accounting parts that are still
/// needed, to count caps again and to judge what becomes of decisions that were open.
/// </summary>
internal sealed class CustomerBase
{
    private const byte Format = 1;

    private CustomerBase(int catalogVersion, CustomerState bare, List<RecentRecord> recent) => (CatalogVersion, Bare, Recent) = (catalogVersion, bare, recent);

    /// <summary>The version whose definitions the state was folded with.</summary>
    public int CatalogVersion { get; set; }

    /// <summary>The fold of the accounting parts alone: segments, experiments and open decisions, also of a customer who was erased.</summary>
    public CustomerState Bare { get; }

    /// <summary>Ascending.</summary>
    public List<RecentRecord> Recent { get; }

    public static CustomerBase Empty(Decisioning.Identity.CustomerKey customer) => new(0, new CustomerState(customer), []);

    /// <exception cref="CorruptDataException">Damaged, cut, or of a later format.</exception>
    public static CustomerBase Read(BaseRow row)
    {
        var reader = new ByteReader(row.Accounting);
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"a customer's base has format {format}; this version reads {Format}");
        }

        var version = reader.Count();
        var bare = CustomerState.Read(row.Customer, reader.Blob());
        var recent = new List<RecentRecord>();
        for (var count = reader.Items(3); count > 0; count--)
        {
            recent.Add(new RecentRecord(reader.Signed(), reader.Signed(), reader.Blob().ToArray()));
        }

        reader.End();
        return new CustomerBase(version, bare, recent);
    }

    public byte[] Write()
    {
        using var writer = new ByteWriter(512);
        using var state = new ByteWriter(512);
        Bare.Write(state);
        writer.Byte(Format);
        writer.Count(CatalogVersion);
        writer.Blob(state.Written);
        writer.Count(Recent.Count);
        foreach (var record in Recent)
        {
            writer.Signed(record.Sequence);
            writer.Signed(record.AtMicros);
            writer.Blob(record.Accounting);
        }

        return writer.ToArray();
    }

    /// <summary>
    /// The state as of the cut under the definitions of a catalog, which are perhaps not those it was folded with. Of a customer who was erased what the accounting parts
    /// say: whoever still has the customer in memory finds out with the next record, which the log refuses.
    /// </summary>
    /// <param name="version">Finds a published version; <c>null</c> when it compiles no more.</param>
    /// <exception cref="CorruptDataException">Damaged: there is no history to fold it again from.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">Another key, or damaged.</exception>
    public static CustomerState Restore(BaseRow row, byte[] dataKey, Func<int, CatalogSnapshot?> version, CatalogSnapshot live)
    {
        var state = row.Personal.Length > 0 ? CustomerState.Read(row.Customer, PersonalCipher.Decrypt(dataKey, row.Personal)) : Read(row).Bare;
        if (state.Sequence != row.CustomerSequence)
        {
            throw new CorruptDataException($"the base of customer {row.Customer} stands at record {state.Sequence}, not at {row.CustomerSequence}");
        }

        if (state.DefinitionsHash != live.DefinitionsHash)
        {
            var customer = Read(row);
            state.Rebase(version(customer.CatalogVersion), live, customer.RecentFacts());
        }

        return state;
    }

    /// <summary>The segments and amounts the customer stands with, as one fact.</summary>
    public SegmentChangeFact Standing() => new(Bare.LastSeenMicros, [.. Bare.SegmentNumbers()], [], [.. Bare.SegmentAmounts()]);

    public IReadOnlyList<(long Sequence, IReadOnlyList<Fact> Facts)> RecentFacts() =>
        [.. Recent.Select(record => (record.Sequence, (IReadOnlyList<Fact>)FactCodec.Read(record.Accounting, [])))];
}

/// <summary>The accounting part of a record that was cut.</summary>
internal sealed record RecentRecord(long Sequence, long AtMicros, byte[] Accounting);
