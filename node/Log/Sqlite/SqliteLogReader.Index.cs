using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log.Sqlite.Index;

namespace PmOrleans.Node.Log.Sqlite;

/// <content>Reads through the deferred indexes.</content>
internal sealed partial class SqliteLogReader
{
    private const string OfCustomer =
        """
        SELECT l.sequence, l.epoch, l.customer, l.customer_sequence, l.at, l.decision, l.accounting, l.personal
        FROM customer_record c JOIN log l ON l.sequence=c.sequence
        WHERE c.customer=? AND c.customer_sequence>? ORDER BY c.customer_sequence LIMIT ?
        """;

    public IReadOnlyList<LogRow> ReadCustomer(CustomerKey customer, long afterCustomerSequence, int limit)
    {
        var waiting = CurrentIndex().Customers.Published(LogIndex.KeyOf(customer), afterCustomerSequence);
        var query = (customer, afterCustomerSequence, limit);
        if (waiting.Count == 0) return All(OfCustomer, query, static (s, q) => BindOfCustomer(s, q), static (s, _) => Row(s));

        // One transaction over both: an erasure is in all rows or in none.
        var connection = Rent(out var begin, "BEGIN");
        try
        {
            begin.Run();
            return Merge(connection, BindOfCustomer(connection.Statement(OfCustomer), query), waiting, limit);
        }
        catch (SqliteStoreException exception)
        {
            throw exception.Explain("The node's log cannot be read");
        }
        finally
        {
            End(connection);
        }
    }

    public IReadOnlyList<IReadOnlyList<LogRow>> ReadHistories(IReadOnlyList<CustomerKey> customers, int limit)
    {
        var index = CurrentIndex().Customers;
        var waiting = new IReadOnlyList<IndexEntry>[customers.Count];
        for (var n = 0; n < waiting.Length; n++) waiting[n] = index.Published(LogIndex.KeyOf(customers[n]), 0);

        // One transaction over all: a page that was read stays in the cache for the next one, and an erasure is in all rows or in none.
        var connection = Rent(out var begin, "BEGIN");
        try
        {
            begin.Run();
            var histories = new IReadOnlyList<LogRow>[customers.Count];
            var written = connection.Statement(OfCustomer);
            for (var n = 0; n < histories.Length; n++)
            {
                BindOfCustomer(written, (customers[n], 0, limit));
                histories[n] = waiting[n].Count == 0 ? Rows(written, customers[n]) : Merge(connection, written, waiting[n], limit);
            }

            return histories;
        }
        catch (SqliteStoreException exception)
        {
            throw exception.Explain("The node's log cannot be read");
        }
        finally
        {
            End(connection);
        }
    }

    public LogRow? FindDecision(UInt128 decisionHash)
    {
        var waiting = CurrentIndex().Decisions.FindPublished(decisionHash);

        // An erased decision may be in memory for a moment longer; its row knows.
        var row = waiting == 0 ? null : One(
            Columns + "WHERE sequence=? AND decision=?",
            (waiting, decisionHash),
            static (s, query) => s.Bind(1, query.waiting).Bind(2, query.decisionHash),
            static (s, _) => Row(s));
        return row ?? One(
            Columns + "WHERE sequence=(SELECT d.sequence FROM decision d WHERE d.hash=?)",
            decisionHash,
            static (s, hash) => s.Bind(1, hash),
            static (s, _) => Row(s));
    }

    private LogIndex CurrentIndex()
    {
        try
        {
            return currentIndex();
        }
        catch (SqliteStoreException exception)
        {
            throw exception.Explain("The node's log cannot be read");
        }
    }

    private static SqliteStatement BindOfCustomer(SqliteStatement s, (CustomerKey Customer, long After, int Limit) query) =>
        s.Bind(1, query.Customer).Bind(2, query.After).Bind(3, query.Limit);

    private static List<LogRow> Rows(SqliteStatement written, CustomerKey customer)
    {
        var rows = new List<LogRow>();
        while (written.Step()) rows.Add(Row(written, customer));
        written.Reset();
        return rows;
    }

    /// <summary>Two ascending lists into one; what is in both is read once.</summary>
    private static List<LogRow> Merge(ReaderConnection connection, SqliteStatement written, IReadOnlyList<IndexEntry> waiting, int limit)
    {
        var rows = new List<LogRow>();
        var one = connection.Statement(Columns + "WHERE sequence=?");
        var next = 0;
        try
        {
            var hasWritten = written.Step();
            while (rows.Count != limit && (hasWritten || next < waiting.Count))
            {
                var fromTable = hasWritten && (next == waiting.Count || written.Int64(3) <= waiting[next].CustomerSequence);
                if (!fromTable)
                {
                    if (one.Bind(1, waiting[next++].Sequence).Step()) rows.Add(Row(one));
                    one.Reset();
                    continue;
                }

                if (next < waiting.Count && written.Int64(3) == waiting[next].CustomerSequence) next++;
                rows.Add(Row(written));
                hasWritten = written.Step();
            }

            return rows;
        }
        finally
        {
            written.Reset();
            one.Reset();
        }
    }

    private void End(ReaderConnection connection)
    {
        try
        {
            connection.Statement("COMMIT").Run();
        }
        catch (SqliteStoreException)
        {
            // Whatever it was, its transaction ends with it.
            connection.Dispose();
            return;
        }

        pool.Return(connection);
    }
}
