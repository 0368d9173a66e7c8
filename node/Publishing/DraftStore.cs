using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Form;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Publishing;

/// <summary>Named drafts, kept with the log: catalogs that nobody sees yet. The same in every host.</summary>
/// <remarks>A draft may have errors, but it must be a bundle: files with paths and texts, within the limits.</remarks>
public sealed class DraftStore(INodeLog log, TimeProvider time) : IDisposable
{
    /// <summary>More than a team keeps apart; bounds what is stored.</summary>
    public const int Most = 100;

    public const int NameLength = 64;

    private const byte Format = 1;
    private const int MostAttempts = 100;
    private const string NamesKey = "catalog.drafts";
    private readonly SemaphoreSlim _writing = new(1, 1);

    /// <summary>What is wrong with a name, or <c>null</c>.</summary>
    public static string? NameProblem(string name) =>
        name.Length is >= 1 and <= NameLength && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.') && name[0] != '.'
            ? null
            : $"must be 1 to {NameLength} letters, digits, '-', '_' or '.', and not begin with '.'";

    /// <summary>By name.</summary>
    public IReadOnlyList<DraftView> List() => [.. Names(log.Reader.GetValue(NamesKey)).Select(Find).OfType<DraftView>()];

    public static Refusal Missing(string name) => new(RefusalKind.NotFound, $"there is no draft '{Labels.Shown(name)}'");

    public DraftView? Find(string name) =>
        NameProblem(name) is null && log.Reader.GetValue(KeyOf(name)) is { } saved ? Read(name, saved) : null;

    /// <summary>Stores a draft, new or changed; durable when this completes.</summary>
    /// <param name="live">Version that is live now: what a new draft is based on.</param>
    /// <param name="basedOn">The version the author started from; <c>null</c>: what the draft says already, or the live one.</param>
    /// <param name="expectedHash">State of the draft that the caller has seen; <c>null</c>: whatever there is.</param>
    public async Task<Reply<DraftView>> SaveAsync(string name, ReadOnlyMemory<byte> json, PublishNote note, int live, int? basedOn, string? expectedHash)
    {
        var bag = new DiagnosticBag();
        if (CatalogBundle.Read(json, bag) is not { } bundle)
        {
            return new Refusal(
                RefusalKind.Invalid, "this is no catalog bundle; nothing was stored",
                new Dictionary<string, string[]>(StringComparer.Ordinal) { ["body"] = [.. bag.ToList().Select(problem => problem.ToString())] });
        }

        // Another node may have published since this one last followed.
        if (basedOn > live && log.Reader.LatestCatalogVersion() is var latest && basedOn > latest)
        {
            return new Refusal(
                RefusalKind.Invalid, "there is no such version; nothing was stored",
                new Dictionary<string, string[]>(StringComparer.Ordinal) { ["basedOn"] = [$"is '{basedOn}'; a whole number from 0 to {latest}, the newest version, is expected"] });
        }

        return await TryAgainAsync(() => TrySaveAsync(name, bundle, note, live, basedOn, expectedHash));
    }

    /// <returns>What was deleted, or <c>null</c> when there was none.</returns>
    public Task<DraftView?> DeleteAsync(string name) => TryAgainAsync<DraftView?>(async () =>
    {
        if (NameProblem(name) is not null || log.Reader.GetValue(KeyOf(name)) is not { } saved)
        {
            return null;
        }

        var names = log.Reader.GetValue(NamesKey);
        var left = Write([.. Names(names).Where(other => other != name)]);
        await log.WriteAsync(transaction =>
        {
            transaction.ReplaceValue(KeyOf(name), saved, null);
            transaction.ReplaceValue(NamesKey, names, left);
        });
        return Read(name, saved);
    });

    /// <summary>What takes a draft out of the store, for a transaction that publishes it; <c>null</c> when it is gone, or another than the one published.</summary>
    /// <remarks>Throws in the transaction when the draft, or the list of them, was changed since: then ask anew.</remarks>
    internal Action<ILogTransaction>? Withdrawal(PublishedDraft draft)
    {
        if (NameProblem(draft.Name) is not null || log.Reader.GetValue(KeyOf(draft.Name)) is not { } saved || Read(draft.Name, saved).Hash != draft.Hash)
        {
            return null;
        }

        var names = log.Reader.GetValue(NamesKey);
        var left = Write([.. Names(names).Where(other => other != draft.Name)]);
        return transaction =>
        {
            transaction.ReplaceValue(KeyOf(draft.Name), saved, null);
            transaction.ReplaceValue(NamesKey, names, left);
        };
    }

    /// <summary>Takes out a draft whose files are live already, unless somebody has changed it meanwhile.</summary>
    internal Task WithdrawAsync(PublishedDraft draft) => TryAgainAsync(async () =>
    {
        if (Withdrawal(draft) is { } withdrawal)
        {
            await log.WriteAsync(withdrawal);
        }

        return true;
    });

    public void Dispose() => _writing.Dispose();

    private async Task<Reply<DraftView>> TrySaveAsync(string name, CatalogBundle bundle, PublishNote note, int live, int? basedOn, string? expectedHash)
    {
        var saved = log.Reader.GetValue(KeyOf(name));
        var before = saved is null ? null : Read(name, saved);
        if (expectedHash is not null && before?.Hash != expectedHash)
        {
            return new Refusal(
                RefusalKind.PreconditionFailed,
                before is null ? $"there is no draft '{name}' any more" : $"draft '{name}' was changed by {before.Note.Who} at {Micros.ToText(before.SavedAtMicros)}");
        }

        var names = log.Reader.GetValue(NamesKey);
        var known = Names(names);
        if (before is null && known.Count >= Most)
        {
            return new Refusal(RefusalKind.Invalid, $"there are {known.Count} drafts; at most {Most} are kept. Delete one first");
        }

        var draft = new DraftView(name, basedOn ?? before?.BasedOn ?? live, bundle.Hash, time.NowMicros(), note, bundle.Bytes);
        var next = Write(draft);
        await log.WriteAsync(transaction =>
        {
            transaction.ReplaceValue(KeyOf(name), saved, next);
            if (!known.Contains(name))
            {
                transaction.ReplaceValue(NamesKey, names, Write([.. known.Append(name).Order(StringComparer.Ordinal)]));
            }
        });
        return draft;
    }

    /// <summary>
    /// Requests to this node one by one; another node may still be quicker, and what this one has read is looked at anew then. So of drafts saved at the same
    /// moment on two nodes none is lost, and of two changes of one draft the later one is told of the earlier.
    /// </summary>
    private async Task<T> TryAgainAsync<T>(Func<Task<T>> work)
    {
        await _writing.WaitAsync();
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await work();
                }
                catch (InvalidOperationException) when (attempt < MostAttempts)
                {
                    // Each failed attempt means that another node got through.
                }
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    private static string KeyOf(string name) => $"catalog.draft/{name}";

    private static List<string> Names(byte[]? saved)
    {
        var names = new List<string>();
        if (saved is not null)
        {
            var reader = new ByteReader(saved);
            for (var count = reader.Items(); count > 0; count--)
            {
                names.Add(reader.RequiredText());
            }
        }

        return names;
    }

    private static byte[] Write(IReadOnlyList<string> names)
    {
        using var writer = new ByteWriter();
        writer.Count(names.Count);
        foreach (var name in names)
        {
            writer.Text(name);
        }

        return writer.ToArray();
    }

    private static byte[] Write(DraftView draft)
    {
        using var writer = new ByteWriter(draft.Bundle.Length + 256);
        writer.Byte(Format);
        writer.Count(draft.BasedOn);
        writer.Text(draft.Hash);
        writer.Signed(draft.SavedAtMicros);
        writer.Text(draft.Note.Author);
        writer.Text(draft.Note.Comment);
        writer.Blob(draft.Bundle.Span);
        return writer.ToArray();
    }

    private static DraftView Read(string name, ReadOnlySpan<byte> saved)
    {
        var reader = new ByteReader(saved);
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"draft '{name}' has format {format}; this version reads {Format}");
        }

        return new DraftView(
            name, reader.Count(), reader.RequiredText(), reader.Signed(), new PublishNote(reader.Text(), reader.Text()), reader.Blob().ToArray());
    }
}
