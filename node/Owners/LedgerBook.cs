using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Node.Leases;
using PmOrleans.Node.Log;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Owners;

/// <summary>
/// The campaigns' books over all nodes, and the money handed out. What is out of a budget is what the folded facts say and what was granted beyond it; so all
/// that is free is derived from facts, and no message that is lost or comes twice can make it wrong.
/// </summary>
public sealed partial class LedgerBook(TimeProvider time) : IOwnerBook, IBeginsAtCut
{
    private const byte Format = 1;
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(5);

    private readonly SortedDictionary<int, CampaignLedger> _ledgers = [];
    private readonly Dictionary<int, long> _changedAt = [];
    private readonly Dictionary<long, (long At, Dictionary<int, PaceForecast> Forecasts)> _reported = [];
    private ExperimentBook _experiments = new();
    private long _experimentsAt;

    public long Version { get; private set; }

    public IReadOnlyDictionary<int, CampaignLedger> Ledgers => _ledgers;

    public ExperimentBook Experiments => _experiments;

    /// <summary>Nodes that have reported lately; at least 1.</summary>
    public int Nodes => Math.Max(1, _reported.Values.Count(IsRecent));

    public byte[] Write()
    {
        using var writer = new ByteWriter(4096);
        writer.Byte(Format);
        WriteFigures(writer, _ledgers, _experiments);
        WriteGrants(writer);
        return writer.ToArray();
    }

    public void Restore(ReadOnlySpan<byte> state)
    {
        var reader = new ByteReader(state);
        (var ledgers, _experiments) = ReadFigures(ref reader);
        foreach (var (campaign, ledger) in ledgers)
        {
            _ledgers.Add(campaign, ledger);
        }

        ReadGrants(ref reader);
        reader.End();
    }

    void IBeginsAtCut.Begin(Func<LogBase?> cut, ILogReader reader, bool isNew)
    {
        if (!isNew || cut() is not { } begin)
        {
            return;
        }

        var figures = AccountingFold.BeginAt(begin.Ledgers, begin.Models, begin.Experiments, _ => null);
        _experiments = figures.Experiments;
        foreach (var (campaign, ledger) in figures.Ledgers)
        {
            _ledgers.Add(campaign, ledger);
        }
    }

    /// <summary>Ledgers and books out of a saved state, for whoever recounts them.</summary>
    public static (List<KeyValuePair<int, CampaignLedger>> Ledgers, ExperimentBook Experiments) ReadFigures(ref ByteReader reader)
    {
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"the ledgers have format {format}; this version reads {Format}");
        }

        return (ReadLedgers(ref reader), ExperimentBook.Read(ref reader));
    }

    public bool Meet(RangeReport report)
    {
        if (report.Epoch != 0)
        {
            if (!_reported.ContainsKey(report.Epoch))
            {
                foreach (var gone in _reported.Where(entry => !IsRecent(entry.Value)).Select(entry => entry.Key).ToList())
                {
                    _reported.Remove(gone);
                }
            }

            _reported[report.Epoch] = (time.GetTimestamp(), ReadForecasts(report.Forecasts));
        }

        return false;
    }

    public void Recount(IReadOnlyDictionary<string, long> ends)
    {
        foreach (var (node, end) in ends)
        {
            _unfolded[node] = end;
        }
    }

    public bool TryFold(RangeReport report)
    {
        var reader = new ByteReader(report.Delta);
        var ledgers = ReadLedgers(ref reader);
        var experiments = ExperimentBook.Read(ref reader);
        var grants = new List<((int Campaign, int Day, long Epoch) Key, long Micros)>();
        for (var count = reader.Items(4); count > 0; count--)
        {
            grants.Add(((reader.Count(), reader.Count(), reader.Signed()), reader.Signed()));
        }

        reader.End();
        Version++;
        foreach (var (campaign, more) in ledgers)
        {
            if (!_ledgers.TryGetValue(campaign, out var known))
            {
                _ledgers.Add(campaign, known = new CampaignLedger());
            }

            known.Merge(more);
            _changedAt[campaign] = Version;
        }

        if (experiments.Tallies.Count > 0)
        {
            _experiments.Merge(experiments);
            _experimentsAt = Version;
        }

        foreach (var (key, micros) in grants)
        {
            Seen(key, micros);
        }

        if (_unfolded.TryGetValue(report.Node, out var end) && report.To >= end)
        {
            _unfolded.Remove(report.Node);
        }

        return true;
    }

    public byte[] ChangesSince(long version, long reporterEpoch, long watermark)
    {
        using var writer = new ByteWriter(256);
        writer.Signed(watermark);
        writer.Count(Nodes);
        WriteLedgers(writer, [.. _ledgers.Where(entry => version < 0 || _changedAt.GetValueOrDefault(entry.Key) > version)]);
        var withExperiments = version < 0 || _experimentsAt > version;
        writer.Bool(withExperiments);
        if (withExperiments)
        {
            _experiments.Write(writer);
        }

        WriteShort(writer, reporterEpoch);
        PaceForecast.Write(writer, Elsewhere(reporterEpoch));
        return writer.ToArray();
    }

    /// <summary>What <see cref="ChangesSince"/> wrote.</summary>
    public static LedgerChanges ReadChanges(byte[] changes)
    {
        var reader = new ByteReader(changes);
        var watermark = reader.Signed();

        // How many nodes there are: earlier releases divided the money of a paced campaign by that.
        _ = reader.Count();
        var ledgers = ReadLedgers(ref reader);
        var experiments = reader.Bool() ? ExperimentBook.Read(ref reader) : null;
        var wanted = new List<(int Campaign, int Day)>();
        for (var count = reader.Items(2); count > 0; count--)
        {
            wanted.Add((reader.Count(), reader.Count()));
        }

        return new LedgerChanges(watermark, ledgers, experiments, wanted, reader.AtEnd ? [] : PaceForecast.Read(ref reader));
    }

    /// <summary>A stretch's figures, as <see cref="TryFold"/> reads them.</summary>
    public static byte[] WriteDelta(
        IReadOnlyCollection<KeyValuePair<int, CampaignLedger>> ledgers, ExperimentBook experiments, IReadOnlyCollection<((int Campaign, int Day, long Epoch) Key, long Micros)> grants)
    {
        using var writer = new ByteWriter(1024);
        WriteLedgers(writer, ledgers);
        experiments.Write(writer);
        writer.Count(grants.Count);
        foreach (var (key, micros) in grants)
        {
            Write(writer, key);
            writer.Signed(micros);
        }

        return writer.ToArray();
    }

    private bool IsRecent((long At, Dictionary<int, PaceForecast> Forecasts) report) => time.GetElapsedTime(report.At) < Recent;

    /// <summary>What nodes that have reported lately expect, without one.</summary>
    private Dictionary<int, PaceForecast> Elsewhere(long reporterEpoch)
    {
        var sums = new Dictionary<int, PaceForecast>();
        foreach (var (campaign, forecast) in _reported.Where(entry => entry.Key != reporterEpoch && IsRecent(entry.Value)).SelectMany(entry => entry.Value.Forecasts))
        {
            sums[campaign] = sums.GetValueOrDefault(campaign) + forecast;
        }

        return sums;
    }

    private static Dictionary<int, PaceForecast> ReadForecasts(byte[] forecasts)
    {
        var reader = new ByteReader(forecasts);
        return reader.AtEnd ? [] : PaceForecast.Read(ref reader);
    }

    private static void WriteFigures(ByteWriter writer, IReadOnlyCollection<KeyValuePair<int, CampaignLedger>> ledgers, ExperimentBook experiments)
    {
        WriteLedgers(writer, ledgers);
        experiments.Write(writer);
    }

    private static void WriteLedgers(ByteWriter writer, IReadOnlyCollection<KeyValuePair<int, CampaignLedger>> ledgers)
    {
        writer.Count(ledgers.Count);
        foreach (var (campaign, ledger) in ledgers)
        {
            writer.Count(campaign);
            ledger.Write(writer);
        }
    }

    private static List<KeyValuePair<int, CampaignLedger>> ReadLedgers(ref ByteReader reader)
    {
        var ledgers = new List<KeyValuePair<int, CampaignLedger>>();
        for (var count = reader.Items(2); count > 0; count--)
        {
            ledgers.Add(new(reader.Count(), CampaignLedger.Read(ref reader)));
        }

        return ledgers;
    }

    private static void Write(ByteWriter writer, (int Campaign, int Day, long Epoch) key)
    {
        writer.Count(key.Campaign);
        writer.Count(key.Day);
        writer.Signed(key.Epoch);
    }
}
