using System.Buffers;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Log;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Owners;

/// <summary>
/// The models of all policies over all nodes. A model is folded with one half-life and window; when a publish changes them, all logs are folded anew: first come,
/// first served by the version of the catalog, so that nobody who lags behind can turn it back.
/// </summary>
public sealed class ModelBook : IOwnerBook, IBeginsAtCut
{
    private const byte Format = 1;
    private readonly SortedDictionary<int, BetaModel> _models = [];
    private readonly Dictionary<int, long> _changedAt = [];
    private Func<LogBase?> _base = static () => null;
    private int _catalogVersion;

    /// <summary>Of <see cref="_catalogVersion"/>; <c>null</c>: nobody has said since this was restored.</summary>
    private Dictionary<int, (long HalfLife, long Window)>? _meanings;

    public long Version { get; private set; }

    public IReadOnlyDictionary<int, BetaModel> Models => _models;

    public byte[] Write()
    {
        using var writer = new ByteWriter(4096);
        writer.Byte(Format);
        writer.Count(_catalogVersion);
        Write(writer, _models.Values);
        return writer.ToArray();
    }

    public void Restore(ReadOnlySpan<byte> state)
    {
        var reader = new ByteReader(state);
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"the models have format {format}; this version reads {Format}");
        }

        _catalogVersion = reader.Count();
        foreach (var model in Read(ref reader))
        {
            _models.Add(model.Policy, model);
        }

        reader.End();
    }

    void IBeginsAtCut.Begin(Func<LogBase?> cut, ILogReader reader, bool isNew)
    {
        _base = cut;
        if (isNew)
        {
            BeginAtCut(cut(), []);
        }
    }

    public bool Meet(RangeReport report)
    {
        if (report.CatalogVersion < _catalogVersion || (report.CatalogVersion == _catalogVersion && _meanings is not null))
        {
            return false;
        }

        var meanings = ModelMeanings.Read(report.Meanings).ToDictionary(entry => entry.Policy, entry => entry.Meaning);
        if (!_models.Any(entry => meanings.TryGetValue(entry.Key, out var meaning) && ModelMeanings.Of(entry.Value.Options) != meaning))
        {
            (_catalogVersion, _meanings) = (report.CatalogVersion, meanings);
            return false;
        }

        // Read first: what cannot be is tried again with the next report.
        var cut = _base();
        (_catalogVersion, _meanings) = (report.CatalogVersion, meanings);
        _models.Clear();
        _changedAt.Clear();
        Version++;
        BeginAtCut(cut, meanings);
        return true;
    }

    /// <summary>A model that means something else now begins empty: what it would have to be folded anew from is gone.</summary>
    private void BeginAtCut(LogBase? cut, Dictionary<int, (long HalfLife, long Window)> meanings)
    {
        foreach (var (policy, bytes) in cut is null ? [] : AccountingFold.ReadModels(cut.Models))
        {
            var options = BetaModel.OptionsOf(bytes);
            if (!meanings.TryGetValue(policy, out var meaning) || ModelMeanings.Of(options) == meaning)
            {
                _models.Add(policy, BetaModel.Read(bytes, options));
                _changedAt[policy] = Version;
            }
        }
    }

    public bool TryFold(RangeReport report)
    {
        var reader = new ByteReader(report.Delta);
        var delta = Read(ref reader);
        reader.End();
        if (delta.Exists(more => MeaningOf(more.Policy) is { } meaning && meaning != ModelMeanings.Of(more.Options)))
        {
            return false;
        }

        Version++;
        foreach (var more in delta)
        {
            if (!_models.TryGetValue(more.Policy, out var known))
            {
                _models.Add(more.Policy, known = new BetaModel(more.Policy, more.Options));
            }

            known.Merge(more);
            _changedAt[more.Policy] = Version;
        }

        return true;
    }

    /// <summary>Of a model that nothing is known of yet, what the newest version says: who has not heard of that must not begin it.</summary>
    private (long HalfLife, long Window)? MeaningOf(int policy) =>
        _models.TryGetValue(policy, out var known) ? ModelMeanings.Of(known.Options)
        : _meanings is { } meanings && meanings.TryGetValue(policy, out var meaning) ? meaning
        : null;

    public byte[] ChangesSince(long version, long reporterEpoch, long watermark)
    {
        using var writer = new ByteWriter(256);
        writer.Signed(watermark);
        Write(writer, [.. _models.Values.Where(model => version < 0 || _changedAt.GetValueOrDefault(model.Policy) > version)]);
        return writer.ToArray();
    }

    /// <summary>What <see cref="ChangesSince"/> wrote.</summary>
    public static (long Watermark, List<BetaModel> Models) ReadChanges(byte[] changes, Func<int, BetaOptions?> optionsOf)
    {
        var reader = new ByteReader(changes);
        return (reader.Signed(), Read(ref reader, optionsOf));
    }

    /// <summary>The newest version of the catalog that anybody had who reported before this was saved: what the models in it mean.</summary>
    internal static int ReadVersion(byte[] state)
    {
        var reader = new ByteReader(state);
        return reader.Byte() is var format && format == Format ? reader.Count() : throw new CorruptDataException($"the models have format {format}; this version reads {Format}");
    }

    /// <summary>The models in a saved state, by policy, for whoever recounts them.</summary>
    public static List<(int Policy, byte[] Bytes)> ReadState(byte[] state)
    {
        var reader = new ByteReader(state);
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"the models have format {format}; this version reads {Format}");
        }

        _ = reader.Count();
        var models = new List<(int, byte[])>();
        for (var count = reader.Items(); count > 0; count--)
        {
            models.Add((reader.Count(), reader.Blob().ToArray()));
        }

        return models;
    }

    public static void Write(ByteWriter writer, IReadOnlyCollection<BetaModel> models)
    {
        writer.Count(models.Count);
        foreach (var model in models)
        {
            var buffer = new ArrayBufferWriter<byte>();
            model.Write(buffer);
            writer.Count(model.Policy);
            writer.Blob(buffer.WrittenSpan);
        }
    }

    /// <param name="optionsOf">Options to go on with, where they mean the same as those it was folded with; by policy.</param>
    private static List<BetaModel> Read(ref ByteReader reader, Func<int, BetaOptions?>? optionsOf = null)
    {
        var models = new List<BetaModel>();
        for (var count = reader.Items(); count > 0; count--)
        {
            var policy = reader.Count();
            var bytes = reader.Blob();
            var folded = BetaModel.OptionsOf(bytes);
            var wanted = optionsOf?.Invoke(policy) ?? folded;
            models.Add(BetaModel.Read(bytes, ModelMeanings.Of(wanted) == ModelMeanings.Of(folded) ? wanted : folded));
        }

        return models;
    }
}
