using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;
using PmOrleans.Node.Log.Sqlite.Index;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Retention;

/// <summary>The store that an export was cut from: keys of its customers, ids of its catalogs. Read only, also beside the process that has the folder open.</summary>
internal sealed class ArchiveStore : IDisposable
{
    private static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(5);

    private readonly ILogReader _reader;
    private readonly IDisposable[] _owned;
    private readonly NodeHashes _hashes;
    private readonly Dictionary<CustomerKey, Keys?> _keys = [];

    private ArchiveStore(ILogReader reader, byte[] secret, params IDisposable[] owned)
    {
        (_reader, _owned) = (reader, owned);
        (Name, _hashes) = (ArchiveFile.NameOfStore(secret), new NodeHashes(secret));
        var catalogs = new PublishedCatalogs(_reader);
        CatalogSnapshot? live = null;
        Views = new FactViews(catalogs.Version, () => live ??= catalogs.All.First());
    }

    /// <summary>As its files are named.</summary>
    public string Name { get; }

    public FactViews Views { get; }

    /// <exception cref="NodeLogException">No store there, or it cannot be read.</exception>
    public static ArchiveStore Open(string folder)
    {
        var path = Path.Combine(folder, LogSchema.FileName);
        if (!File.Exists(path))
        {
            throw new NodeLogException(NodeLogError.NotAStore, $"There is no store at '{path}'.");
        }

        SqliteDatabase? database = null;
        try
        {
            database = SqliteDatabase.OpenReader(path, BusyTimeout);
            LogSchema.Check(database, path);
            var readers = new ReaderPool(path, BusyTimeout);
            return new ArchiveStore(new SqliteLogReader(readers, new FollowedIndex(database).Current), LogSchema.ReadSecret(database), readers, database);
        }
        catch (SqliteStoreException exception)
        {
            database?.Dispose();
            throw exception.Explain($"The store '{path}' cannot be read");
        }
        catch
        {
            database?.Dispose();
            throw;
        }
    }

    /// <exception cref="NodeLogException">Server unavailable, or no store there.</exception>
    public static async Task<ArchiveStore> OpenAsync(string connectionString, string schema, CancellationToken cancellation)
    {
        var store = await PostgresStore.OpenAsync(connectionString, schema, cancellation);
        return new ArchiveStore(store.ReaderOf(() => 0), await store.SecretAsync(cancellation), store);
    }

    /// <summary>The customer of an outside id.</summary>
    /// <exception cref="ArchiveException">Nobody has it, or who had it was erased.</exception>
    public CustomerKey CustomerOf(string id)
    {
        var hash = _hashes.Identity.Hash128(id);
        return _reader.FindIdentity(hash)?.Customer ?? throw new ArchiveException(_reader.FindTombstone(hash) is null
            ? "the store knows no customer of this id"
            : "the customer of this id was erased: which records were this customer's, nothing says any more");
    }

    /// <returns><c>null</c> of a customer who was erased.</returns>
    public Keys? KeysOf(CustomerKey customer)
    {
        if (!_keys.TryGetValue(customer, out var keys))
        {
            keys = _reader.IdentitiesOf(customer) is [{ } identity, ..] ? new Keys(identity.DataKey, CustomerHistory.FirstId(_reader, identity)) : null;
            _keys.Add(customer, keys);
        }

        return keys;
    }

    public void Dispose()
    {
        foreach (var owned in _owned)
        {
            owned.Dispose();
        }
    }

    internal sealed record Keys(byte[] DataKey, string FirstId);
}
