using System.Security.Cryptography;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Retention;

/// <summary>Reads an export of what was cut from a log, beside whatever writes it or the store.</summary>
public sealed class LogArchive : IDisposable
{
    private readonly ArchiveStore? _store;

    private LogArchive(IReadOnlyList<ArchiveFile> files, ArchiveStore? store) => (Files, _store) = (files, store);

    /// <summary>By store and first record; with a data folder the files of its store only.</summary>
    public IReadOnlyList<ArchiveFile> Files { get; }

    /// <param name="exportFolder">As it was given to the cut.</param>
    /// <param name="dataFolder">Of the store that was cut: it has the keys of personal parts and the catalogs' ids. <c>null</c>: the accounting parts are read, by their numbers.</param>
    /// <exception cref="ArchiveException">The folder cannot be read, or has no files, or none of this store.</exception>
    /// <exception cref="NodeLogException">No store there, or it cannot be read.</exception>
    public static LogArchive Open(string exportFolder, string? dataFolder)
    {
        var files = FilesIn(exportFolder);
        return dataFolder is null ? new LogArchive(files, null) : Of(exportFolder, files, ArchiveStore.Open(dataFolder));
    }

    /// <summary>The same with a PostgreSQL store; nodes may write it meanwhile.</summary>
    /// <param name="exportFolder">As it was given to the cut.</param>
    /// <param name="connectionString">In Npgsql's form.</param>
    /// <param name="schema">The schema with the tables.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ArchiveException">As for <see cref="Open"/>.</exception>
    /// <exception cref="NodeLogException">Server unavailable, or no store there.</exception>
    public static async Task<LogArchive> OpenAsync(string exportFolder, string connectionString, string schema, CancellationToken cancellation = default)
    {
        var files = FilesIn(exportFolder);
        return Of(exportFolder, files, await ArchiveStore.OpenAsync(connectionString, schema, cancellation));
    }

    private static IReadOnlyList<ArchiveFile> FilesIn(string exportFolder) => ArchiveFile.In(exportFolder) is { Count: > 0 } files
        ? files
        : throw new ArchiveException($"the folder '{exportFolder}' has no files of an export (log-STORE-FIRST-LAST{ArchiveFile.Extension})");

    private static LogArchive Of(string exportFolder, IReadOnlyList<ArchiveFile> files, ArchiveStore store)
    {
        IReadOnlyList<ArchiveFile> own = [.. files.Where(file => file.Store == store.Name)];
        if (own.Count == 0)
        {
            store.Dispose();
            throw new ArchiveException($"the folder '{exportFolder}' has no files of this store, which are named log-{store.Name}-…");
        }

        return new LogArchive(own, store);
    }

    /// <summary>Reads a file to its end, which checks its sum and that no record is missing.</summary>
    /// <exception cref="ArchiveException">It is damaged.</exception>
    public static ArchiveSummary Check(ArchiveFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var (records, from, to) = (0L, long.MaxValue, long.MinValue);
        foreach (var row in file.Read())
        {
            _ = Decode(file, row, dataKey: null);
            records++;
            (from, to) = (Math.Min(from, row.AtMicros), Math.Max(to, row.AtMicros));
        }

        return new ArchiveSummary(file, records, from, to);
    }

    /// <summary>The facts of the records, file by file, as they are read: a file's sum is checked when the last of it was given.</summary>
    /// <exception cref="ArchiveException">
    /// A file is damaged; or a customer is asked for that the store does not know; or a customer or decision without a store: only that knows whose a record is.
    /// </exception>
    /// <exception cref="NodeLogException">The store cannot be read.</exception>
    public IEnumerable<ArchivedFact> Read(ArchiveFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (_store is null && (filter.CustomerId ?? filter.DecisionId) is not null)
        {
            throw new ArchiveException("customers and decisions are found by the keys of the store only: name its folder");
        }

        CustomerKey? customer = filter.CustomerId is { } id ? _store!.CustomerOf(id) : null;
        return Read(filter, customer);
    }

    public void Dispose() => _store?.Dispose();

    private IEnumerable<ArchivedFact> Read(ArchiveFilter filter, CustomerKey? customer)
    {
        (CustomerKey Customer, long Sequence)? decided = null;
        foreach (var file in Files)
        {
            foreach (var row in file.Read())
            {
                if (row.AtMicros < filter.FromMicros || row.AtMicros >= filter.ToMicros || (customer is { } only && row.Customer != only))
                {
                    continue;
                }

                var keys = row.Customer.IsNone ? null : _store?.KeysOf(row.Customer);
                if (filter.DecisionId is not null && keys is null)
                {
                    continue;
                }

                var facts = Decode(file, row, keys?.DataKey);
                if (filter.DecisionId is { } wanted && facts.Any(fact => fact is DecisionFact decision && decision.DecisionId == wanted))
                {
                    decided = (row.Customer, row.CustomerSequence);
                }

                for (var place = 0; place < facts.Count; place++)
                {
                    if (filter.DecisionId is null || IsOf(decided, row, facts[place]))
                    {
                        yield return View(file, row, place, facts[place], keys, filter.DecisionId is not null);
                    }
                }
            }
        }
    }

    /// <summary>The decision itself, or what became of it.</summary>
    private static bool IsOf((CustomerKey Customer, long Sequence)? decided, LogRow row, Fact fact) => decided is var (customer, sequence) && customer == row.Customer
        && (fact is DecisionFact ? row.CustomerSequence == sequence : fact is OutcomeFact outcome && outcome.DecisionSequence == sequence);

    private ArchivedFact View(ArchiveFile file, LogRow row, int place, Fact fact, ArchiveStore.Keys? keys, bool explain) => new(
        file.Store,
        row.Sequence,
        row.Epoch,
        row.AtMicros,
        row.Customer.IsNone ? null : row.Customer.ToString(),
        keys?.FirstId,
        IsErased: _store is not null && !row.Customer.IsNone && keys is null,
        fact,
        keys is null ? null : _store!.Views.Of(FactViews.Cursor(row.CustomerSequence, place), fact, keys.FirstId, explain));

    /// <exception cref="ArchiveException">Damaged.</exception>
    private static List<Fact> Decode(ArchiveFile file, LogRow row, byte[]? dataKey)
    {
        try
        {
            return CustomerLoader.Decode(row, dataKey);
        }
        catch (Exception damaged) when (damaged is CorruptDataException or CryptographicException)
        {
            // One record a line.
            throw new ArchiveException($"'{file.Path}' line {row.Sequence - file.First + 1} has record {row.Sequence}, which cannot be read: {damaged.Message}", damaged);
        }
    }
}

/// <summary>What a file of an export holds.</summary>
/// <param name="FromMicros">Earliest time of its records.</param>
/// <param name="ToMicros">Latest.</param>
public sealed record ArchiveSummary(ArchiveFile File, long Records, long FromMicros, long ToMicros);

/// <summary>Which facts of an export are wanted; all by default.</summary>
public sealed record ArchiveFilter
{
    /// <summary>Of the customer of this outside id.</summary>
    public string? CustomerId { get; init; }

    /// <summary>The decision of this id and what became of it.</summary>
    public string? DecisionId { get; init; }

    /// <summary>Of records at or after this time.</summary>
    public long FromMicros { get; init; } = long.MinValue;

    /// <summary>Of records before this time.</summary>
    public long ToMicros { get; init; } = long.MaxValue;
}

/// <summary>A fact of an export.</summary>
/// <param name="Store">See <see cref="ArchiveFile.Store"/>.</param>
/// <param name="Record">Sequence of its record in the log.</param>
/// <param name="AtMicros">Of its record.</param>
/// <param name="Customer">The internal key; <c>null</c> for what the node wrote of itself.</param>
/// <param name="CustomerId">The customer's first outside id; <c>null</c> without the store, and of one who was erased.</param>
/// <param name="IsErased">Whether the personal part can be read no more, as the key is gone.</param>
/// <param name="Fact">As it was read; without the personal part where there is no key.</param>
/// <param name="View">As the port shows it; <c>null</c> where there is no key.</param>
public sealed record ArchivedFact(
    string Store, long Record, long Epoch, long AtMicros, string? Customer, string? CustomerId, bool IsErased, Fact Fact, FactView? View);
