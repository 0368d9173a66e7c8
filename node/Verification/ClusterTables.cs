using PmOrleans.Node.Log;

namespace PmOrleans.Node.Verification;

/// <summary>What only the tables of a cluster's store can tell: holes in a node's log, and entries that no record leads to. One consistent look each.</summary>
internal static class ClusterTables
{
    private static readonly (FindingKind Kind, string Where, string Query)[] Checks =
    [
        (FindingKind.FactLost, "holes in the nodes' logs",
            """
            SELECT coalesce(sum(e.last - coalesce(f.count, 0)), 0)::bigint
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
            "SELECT count(*) FROM identity i WHERE NOT EXISTS(SELECT 1 FROM fact f WHERE f.customer=i.customer)"),
        (FindingKind.Dangling, "snapshots without a record",
            "SELECT count(*) FROM snapshot s WHERE NOT EXISTS(SELECT 1 FROM fact f WHERE f.customer=s.customer)"),
        (FindingKind.ErasureIncomplete, "identities of erased customers",
            "SELECT count(*) FROM identity WHERE customer IN (SELECT customer FROM erased)"),
        (FindingKind.ErasureIncomplete, "snapshots of erased customers",
            "SELECT count(*) FROM snapshot WHERE customer IN (SELECT customer FROM erased)"),
        (FindingKind.ErasureIncomplete, "records of erased customers with a personal part",
            "SELECT count(*) FROM fact WHERE customer IN (SELECT customer FROM erased) AND length(personal)>0"),
    ];

    public static async Task VerifyAsync(PostgresStore store, FindingList findings, CancellationToken cancellation)
    {
        foreach (var (kind, where, query) in Checks)
        {
            if (await store.CountAsync(query, cancellation) is var found and not 0)
            {
                findings.Add(kind, where, 0, found, Math.Abs(found));
            }
        }
    }
}
