using NpgsqlTypes;
using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>Which keys of a stretch of records are taken: by what lies in the tables, and by the records of the stretch itself as they come.</summary>
internal sealed class TakenKeys
{
    private const string Below = """

        UNION ALL SELECT w.customer, w.customer_sequence FROM unnest($1, $2) w(customer, customer_sequence),
        LATERAL (SELECT customer_sequence FROM base WHERE customer=w.customer LIMIT 1) b WHERE b.customer_sequence>=w.customer_sequence
        """;

    private readonly HashSet<(CustomerKey Customer, long Sequence)> _sequences = [];
    private readonly HashSet<UInt128> _decisions = [];
    private readonly Dictionary<UInt128, CustomerKey> _identities = [];
    private readonly HashSet<IdentityRow> _new = new(ReferenceEqualityComparer.Instance);

    /// <param name="hasBases">Whether the store is one that was cut: the base of a customer has taken all sequences up to its own.</param>
    public static TakenKeys Read(WriterSession session, List<PendingAppend> records, bool hasBases)
    {
        var taken = new TakenKeys();
        var ofCustomers = records.FindAll(record => !record.Customer.IsNone);
        using var batch = session.NewBatch();
        batch.BatchCommands.Add(Statement.Of(
            """
            SELECT f.customer, f.customer_sequence FROM unnest($1, $2) w(customer, customer_sequence),
            LATERAL (SELECT customer, customer_sequence FROM fact WHERE customer=w.customer AND customer_sequence=w.customer_sequence LIMIT 1) f
            """ + (hasBases ? Below : ""),
            Statement.Column(NpgsqlDbType.Uuid, ofCustomers.ConvertAll(record => Uuid.Of(record.Customer))),
            Statement.Column(NpgsqlDbType.Bigint, ofCustomers.ConvertAll(record => record.CustomerSequence))));
        batch.BatchCommands.Add(Statement.Of(
            "SELECT hash FROM decision WHERE hash=ANY($1)",
            Statement.Column(NpgsqlDbType.Uuid, records.FindAll(record => record.DecisionHash != default).ConvertAll(record => Uuid.Of(record.DecisionHash)))));
        batch.BatchCommands.Add(Statement.Of(
            "SELECT id_hash, customer FROM identity WHERE id_hash=ANY($1)",
            Statement.Column(NpgsqlDbType.Uuid, records.FindAll(record => record.Identity is not null).ConvertAll(record => Uuid.Of(record.Identity!.IdHash)))));
        using var rows = batch.ExecuteReader();
        while (rows.Read()) taken._sequences.Add((Uuid.Customer(rows.GetGuid(0)), rows.GetInt64(1)));
        rows.NextResult();
        while (rows.Read()) taken._decisions.Add(Uuid.Hash(rows.GetGuid(0)));
        rows.NextResult();
        while (rows.Read()) taken._identities[Uuid.Hash(rows.GetGuid(0))] = Uuid.Customer(rows.GetGuid(1));
        return taken;
    }

    /// <summary>Takes all keys of a record, or none and says why.</summary>
    public LogFailure? Claim(PendingAppend record)
    {
        if (record.DecisionHash != default && _decisions.Contains(record.DecisionHash))
            return new LogFailure(LogFailureKind.DecisionClash, "The decision id is in the log already.");
        if (!record.Customer.IsNone && _sequences.Contains((record.Customer, record.CustomerSequence)))
            return new LogFailure(LogFailureKind.SequenceClash, $"Customer sequence {record.CustomerSequence} is taken.");
        if (record.Identity is { } identity)
        {
            if (!_identities.TryGetValue(identity.IdHash, out var owner))
            {
                _identities.Add(identity.IdHash, identity.Customer);
                _new.Add(identity);
            }
            else if (owner != identity.Customer)
            {
                return new LogFailure(LogFailureKind.IdentityClash, "The outside id points to another customer.");
            }
        }

        if (record.DecisionHash != default) _decisions.Add(record.DecisionHash);
        if (!record.Customer.IsNone) _sequences.Add((record.Customer, record.CustomerSequence));
        return null;
    }

    /// <summary>Whether this identity is to be written; the same customer once more is no news.</summary>
    public bool IsNew(IdentityRow identity) => _new.Contains(identity);
}
