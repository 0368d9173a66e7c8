using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>
/// The keys of erased customers, held in memory so that nothing personal that was queued behind an erasure gets in. 16 random bytes each that
/// point to nobody any more.
/// </summary>
internal sealed class ErasedCustomers
{
    private readonly HashSet<CustomerKey> _customers = [];
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _read;

    public ErasedCustomers(SqliteDatabase database)
    {
        _insert = database.Prepare("INSERT OR IGNORE INTO erased VALUES(?)");
        _read = database.Prepare("SELECT customer FROM erased");
        Reload();
    }

    public bool Contains(CustomerKey customer) => _customers.Count > 0 && _customers.Contains(customer);

    public void Add(CustomerKey customer)
    {
        _insert.Bind(1, customer).Run();
        _customers.Add(customer);
    }

    /// <summary>After a rollback the table knows better.</summary>
    public void Reload()
    {
        _customers.Clear();
        while (_read.Step()) _customers.Add(_read.Customer(0));
        _read.Reset();
    }
}
