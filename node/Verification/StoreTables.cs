using PmOrleans.Node.Log.Sqlite;

namespace PmOrleans.Node.Verification;

/// <summary>What only the tables themselves can tell: entries that no record leads to.</summary>
internal static class StoreTables
{
    // After a crash the index tables lack the end of the log.
    private const string NotIndexed =
        "(SELECT customer FROM log WHERE sequence>(SELECT value FROM meta WHERE key='index_complete') AND customer IS NOT NULL)";

    /// <summary>Stands for customers who may lack records.</summary>
    private const string Known = "($known)";

    private static readonly (FindingKind Kind, string Where, string Query)[] Checks =
    [
        (FindingKind.Dangling, "decision ids without their record",
            "SELECT count(*) FROM decision d LEFT JOIN log l ON l.sequence=d.sequence WHERE l.sequence IS NULL OR l.decision IS NOT d.hash"),
        (FindingKind.Dangling, "identities without a record",
            "SELECT count(*) FROM identity i WHERE NOT EXISTS(SELECT 1 FROM customer_record r WHERE r.customer=i.customer) AND i.customer NOT IN " + NotIndexed + " AND i.customer NOT IN " + Known),
        (FindingKind.Dangling, "identities without a key",
            "SELECT count(*) FROM identity i LEFT JOIN data_key k ON k.slot=i.slot WHERE k.slot IS NULL OR k.key=zeroblob(length(k.key))"),
        (FindingKind.Dangling, "snapshots without a record",
            "SELECT count(*) FROM snapshot s WHERE NOT EXISTS(SELECT 1 FROM customer_record r WHERE r.customer=s.customer) AND s.customer NOT IN " + NotIndexed + " AND s.customer NOT IN " + Known),
        (FindingKind.Dangling, "entries of the customer index without their record",
            """
            SELECT count(*) FROM customer_record r LEFT JOIN log l ON l.sequence=r.sequence
            WHERE l.sequence IS NULL OR l.customer IS NOT r.customer OR l.customer_sequence IS NOT r.customer_sequence
            """),
        (FindingKind.ErasureIncomplete, "identities of erased customers",
            "SELECT count(*) FROM identity WHERE customer IN (SELECT customer FROM erased)"),
        (FindingKind.ErasureIncomplete, "keys that no identity leads to",
            "SELECT count(*) FROM data_key WHERE key<>zeroblob(length(key)) AND slot NOT IN (SELECT slot FROM identity)"),
        (FindingKind.ErasureIncomplete, "snapshots of erased customers",
            "SELECT count(*) FROM snapshot WHERE customer IN (SELECT customer FROM erased)"),
        (FindingKind.ErasureIncomplete, "records of erased customers with a personal part",
            "SELECT count(*) FROM log WHERE customer IN (SELECT customer FROM erased) AND length(personal)>0"),
    ];

    /// <summary>Of a store whose log was cut.</summary>
    private static readonly (FindingKind Kind, string Where, string Query)[] CutChecks =
    [
        (FindingKind.Dangling, "records that were cut",
            "SELECT count(*) FROM log WHERE sequence<=(SELECT watermark FROM checkpoint WHERE projection='base')"),
        (FindingKind.Dangling, "saved states of before the customer's base",
            "SELECT count(*) FROM base b LEFT JOIN snapshot s ON s.customer=b.customer WHERE length(b.personal)>0 AND coalesce(s.customer_sequence, 0)<b.customer_sequence"),
        (FindingKind.ErasureIncomplete, "bases of erased customers with a personal part",
            "SELECT count(*) FROM base WHERE customer IN (SELECT customer FROM erased) AND length(personal)>0"),
    ];

    public static void Verify(SqliteDatabase database, FindingList findings)
    {
        if (database.ReadText("PRAGMA quick_check(1)") is { } check and not "ok")
        {
            findings.Add(FindingKind.Unreadable, "the file", "a sound database", check);
        }

        // The records of a customer may all have been cut.
        var isCut = LogSchema.HasBases(database);
        var known = isCut ? "(SELECT customer FROM base)" : "()";
        foreach (var (kind, where, query) in isCut ? Checks.Concat(CutChecks) : Checks)
        {
            if (database.ReadInt64(query.Replace(Known, known, StringComparison.Ordinal)) is { } found and not 0)
            {
                findings.Add(kind, where, 0, found, found);
            }
        }
    }
}
