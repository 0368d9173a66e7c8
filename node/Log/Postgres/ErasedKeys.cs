using Npgsql;
using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>
/// The keys of erased customers in memory, so that nothing personal that was queued behind an erasure gets in. Erasures are numbered without a gap; the last
/// number goes with every transaction, and the database refuses one that has not heard of the latest.
/// </summary>
internal sealed class ErasedKeys
{
    private readonly HashSet<CustomerKey> _customers = [];

    /// <summary>The last erasure that is in the set.</summary>
    public long Known { get; private set; }

    public bool Contains(CustomerKey customer) => _customers.Count > 0 && _customers.Contains(customer);

    /// <summary>Takes in what was erased since, by this transaction as well.</summary>
    public void ReadOn(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand("SELECT number, customer FROM erased WHERE number>$1 ORDER BY number", connection);
        command.Parameters.Add(Statement.Number(Known));
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            Known = rows.GetInt64(0);
            _customers.Add(Uuid.Customer(rows.GetGuid(1)));
        }
    }

    /// <summary>A transaction that erased did not happen, or perhaps not: the table knows better.</summary>
    public void Forget()
    {
        _customers.Clear();
        Known = 0;
    }
}
