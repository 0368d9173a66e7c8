using PmOrleans.Node.Log;

namespace PmOrleans.Node.Verification;

/// <summary>What only the tables of a cluster's store can tell: holes in a node's log, and entries that no record leads to. One consistent look each.</summary>
internal static class ClusterTables
{
    /// <summary>Stands for how many records of node e were cut.</summary>
    private const string Cut = "$cut";

    /// <summary>Stands for the customers of whom all records may have been cut.</summary>
    private const string Known = "$known";

    private static readonly (FindingKind Kind, string Where, string Query)[] Checks =
    [
        (FindingKind.FactLost, "holes in the nodes' logs",
            """
            SELECT coalesce(sum(e.last - $cut - coalesce(f.count, 0)), 0)::bigint
            FROM (SELECT node, max(last_sequence) AS last FROM epoch GROUP BY node) e
            LEFT JOIN (SELECT node, count(*) FROM fact GROUP BY node) f ON f.node=e.node
            """),
        (FindingKind.FactDoubled, "records that share a place in a node's log",
            "SELECT count(*) FROM (SELECT 1 FROM fact GROUP BY node, sequence HAVING count(*)>1) t"),
        (FindingKind.EpochBroken, "records of an epoch behind those of a later one",
            "SELECT count(*) FROM (SELECT epoch, lag(epoch) OVER (PARTITION BY node ORDER BY sequence) AS before FROM fact) t WHERE before>epoch"),
        (FindingKind.EpochBroken, "records whose turn is before that of an earlier one",
            "SELECT count(*) FROM (SELECT turn, lag(turn) OVER (PARTITION BY node ORDER BY sequence) AS before FROM fact) t WHERE before>turn"),
        (FindingKind.Dangling, "decision ids without their record",
            """
            SELECT count(*) FROM decision d LEFT JOIN fact f ON f.customer=d.customer AND f.customer_sequence=d.customer_sequence
            WHERE f.decision IS DISTINCT FROM d.hash
            """),
        (FindingKind.Dangling, "identities without a record",
            "SELECT count(*) FROM identity i WHERE NOT EXISTS(SELECT 1 FROM fact f WHERE f.customer=i.customer) AND i.customer NOT IN ($known)"),
        (FindingKind.Dangling, "snapshots without a record",
            "SELECT count(*) FROM snapshot s WHERE NOT EXISTS(SELECT 1 FROM fact f WHERE f.customer=s.customer) AND s.customer NOT IN ($known)"),
        (FindingKind.ErasureIncomplete, "identities of erased customers",
            "SELECT count(*) FROM identity WHERE customer IN (SELECT customer FROM erased)"),
        (FindingKind.ErasureIncomplete, "snapshots of erased customers",
            "SELECT count(*) FROM snapshot WHERE customer IN (SELECT customer FROM erased)"),
        (FindingKind.ErasureIncomplete, "records of erased customers with a personal part",
            "SELECT count(*) FROM fact WHERE customer IN (SELECT customer FROM erased) AND length(personal)>0"),
    ];

    /// <summary>Of a store whose logs were cut.</summary>
    private static readonly (FindingKind Kind, string Where, string Query)[] CutChecks =
    [
        (FindingKind.Dangling, "records that were cut", "SELECT count(*) FROM fact f JOIN cut c ON c.node=f.node WHERE f.sequence<=c.sequence"),
        (FindingKind.Dangling, "cut records that the base does not count",
            "SELECT coalesce((SELECT sum(sequence) FROM cut)::bigint, 0) - coalesce((SELECT watermark FROM checkpoint WHERE node=0 AND projection='base'), 0)"),
        (FindingKind.FactDoubled, "records that a base has already",
            "SELECT count(*) FROM fact f JOIN base b ON b.customer=f.customer WHERE f.customer_sequence<=b.customer_sequence"),
        (FindingKind.Dangling, "saved states of before the customer's base",
            "SELECT count(*) FROM base b LEFT JOIN snapshot s ON s.customer=b.customer WHERE length(b.personal)>0 AND coalesce(s.customer_sequence, 0)<b.customer_sequence"),
        (FindingKind.ErasureIncomplete, "bases of erased customers with a personal part",
            "SELECT count(*) FROM base WHERE customer IN (SELECT customer FROM erased) AND length(personal)>0"),
    ];

    public static async Task VerifyAsync(PostgresStore store, FindingList findings, CancellationToken cancellation)
    {
        var isCut = store.HasBases();
        foreach (var (kind, where, query) in isCut ? Checks.Concat(CutChecks) : Checks)
        {
            if (await store.CountAsync(Complete(query, isCut), cancellation) is var found and not 0)
            {
                findings.Add(kind, where, 0, found, Math.Abs(found));
            }
        }
    }

    private static string Complete(string query, bool isCut) => query
        .Replace(Cut, isCut ? "coalesce((SELECT c.sequence FROM cut c WHERE c.node=e.node), 0)" : "0", StringComparison.Ordinal)
        .Replace(Known, isCut ? "SELECT customer FROM base" : "SELECT customer FROM identity WHERE false", StringComparison.Ordinal);
}
