using Npgsql;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>What a node finds when it begins an epoch.</summary>
/// <param name="Node">The number that stands for the node's name in this store.</param>
/// <param name="Epoch">The new epoch, larger than any before it, of any node.</param>
/// <param name="End">The node's last sequence; 0 for none.</param>
internal readonly record struct EpochStart(short Node, long Epoch, long End)
{
    /// <summary>
    /// Seals all earlier epochs of the node and begins the next one, in one transaction. A name that is new gets its number. A node of several also seals what a process
    /// alone has left: as both hold <see cref="StoreLock.Enter"/>, that one has ended, or has lost its connection and gets no other.
    /// </summary>
    public static EpochStart Begin(NpgsqlConnection connection, string name, bool alone)
    {
        using var transaction = connection.BeginTransaction();

        // Longer than an idle transaction may last: a process that froze inside one holds the epoch until the server ends its session.
        Run(connection, "SET LOCAL lock_timeout='10s'");
        var node = FindNode(connection, name) ?? AddNode(connection, name);

        // Two processes under one name come one after the other, and the first is sealed by the second.
        Run(connection, "SELECT id FROM node WHERE id=$1 FOR UPDATE", Statement.Small(node));
        Run(connection, "UPDATE epoch SET sealed=true WHERE node=$1 AND NOT sealed", Statement.Small(node));
        using var command = new NpgsqlCommand(
            """
            INSERT INTO epoch(node, epoch) VALUES($1, nextval('epoch_number'))
            RETURNING epoch, (SELECT coalesce(max(last_sequence), 0) FROM epoch WHERE node=$1)
            """,
            connection);
        command.Parameters.Add(Statement.Small(node));
        EpochStart start;
        using (var row = command.ExecuteReader())
        {
            row.Read();
            start = new EpochStart(node, row.GetInt64(0), row.GetInt64(1));
        }

        if (alone)
        {
            Run(
                connection,
                "INSERT INTO value VALUES($1, 'node.alone', int8send($2)) ON CONFLICT (node, key) DO UPDATE SET value=excluded.value",
                Statement.Small(node),
                Statement.Number(start.Epoch));
        }
        else
        {
            Run(connection, "UPDATE epoch e SET sealed=true FROM value v WHERE v.node=e.node AND v.key='node.alone' AND v.value=int8send(e.epoch) AND NOT e.sealed");
        }

        transaction.Commit();
        return start;
    }

    public static short? FindNode(NpgsqlConnection connection, string name)
    {
        using var command = new NpgsqlCommand("SELECT id FROM node WHERE name=$1", connection);
        command.Parameters.Add(Statement.Text(name));
        return (short?)command.ExecuteScalar();
    }

    /// <summary>The names of all nodes that have ever written but one.</summary>
    public static List<string> OtherNodes(NpgsqlConnection connection, string name)
    {
        using var command = new NpgsqlCommand("SELECT name FROM node WHERE name<>$1 ORDER BY id", connection);
        command.Parameters.Add(Statement.Text(name));
        using var rows = command.ExecuteReader();
        var others = new List<string>();
        while (rows.Read()) others.Add(rows.GetString(0));
        return others;
    }

    private static short AddNode(NpgsqlConnection connection, string name)
    {
        Run(connection, "LOCK TABLE node IN SHARE ROW EXCLUSIVE MODE");
        if (FindNode(connection, name) is { } known) return known;
        using var command = new NpgsqlCommand(
            "INSERT INTO node(id, name) SELECT coalesce(max(id), 0)+1, $1 FROM node RETURNING id", connection);
        command.Parameters.Add(Statement.Text(name));
        return (short)command.ExecuteScalar()!;
    }

    private static void Run(NpgsqlConnection connection, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        command.ExecuteNonQuery();
    }
}
