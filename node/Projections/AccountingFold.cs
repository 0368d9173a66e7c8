using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Owners;

namespace PmOrleans.Node.Projections;

/// <summary>
/// The fold of a log into campaign ledgers, models and the books of experiments, in sequence order, each record once. Only accounting parts are read, so that an erasure
/// changes nothing here. Not thread-safe: its owner locks.
/// </summary>
/// <param name="optionsOf">
/// By policy, what its model is folded with; <c>null</c> for one that the live catalog has no more: a model that was saved goes on under those it was folded with.
/// </param>
/// <param name="lastOptionsOf">Those that a policy had last, asked for when such a one is folded from the begin. Default: nobody knows, and defaults are taken.</param>
public sealed class AccountingFold(Func<int, BetaOptions?> optionsOf, Func<int, BetaOptions?>? lastOptionsOf = null)
{
    private readonly SortedDictionary<int, CampaignLedger> _ledgers = [];
    private readonly SortedDictionary<int, BetaModel> _models = [];

    /// <summary>What each variant of each experiment brought.</summary>
    public ExperimentBook Experiments { get; private set; } = new();

    /// <summary>Sequence of the last record folded.</summary>
    public long Watermark { get; private set; }

    /// <summary>Ledgers by campaign number.</summary>
    public IReadOnlyDictionary<int, CampaignLedger> Ledgers => _ledgers;

    /// <summary>Models by policy number.</summary>
    public IReadOnlyDictionary<int, BetaModel> Models => _models;

    public CampaignLedger Ledger(int campaign)
    {
        if (!_ledgers.TryGetValue(campaign, out var ledger))
        {
            _ledgers.Add(campaign, ledger = new CampaignLedger());
        }

        return ledger;
    }

    public BetaModel Model(int policy)
    {
        if (!_models.TryGetValue(policy, out var model))
        {
            _models.Add(policy, model = new BetaModel(policy, optionsOf(policy) ?? lastOptionsOf?.Invoke(policy) ?? new BetaOptions()));
        }

        return model;
    }

    /// <summary>An empty fold of what comes after a sequence: a part of the whole, to be added to others.</summary>
    public static AccountingFold After(long watermark, Func<int, BetaOptions?> optionsOf) => new(optionsOf) { Watermark = watermark };

    /// <summary>
    /// The fold as of where a cut log begins. A model that was folded under other options begins empty: what it would have to be folded anew from is gone.
    /// </summary>
    /// <param name="ledgers">As <see cref="WriteLedgers"/> wrote them, and so on.</param>
    /// <exception cref="CorruptDataException">Damaged, or not of one sequence.</exception>
    public static AccountingFold BeginAt(
        ReadOnlySpan<byte> ledgers, ReadOnlySpan<byte> models, ReadOnlySpan<byte> experiments, Func<int, BetaOptions?> optionsOf, Func<int, BetaOptions?>? lastOptionsOf = null)
    {
        var fold = new AccountingFold(optionsOf, lastOptionsOf);
        try
        {
            return fold.TryRestore(ledgers, models, experiments, mayLackModels: true) ? fold : throw new CorruptDataException("the base of the log does not fit together");
        }
        catch (Exception damaged) when (damaged is InvalidDataException or ArgumentException)
        {
            throw new CorruptDataException($"the base of the log is damaged: {damaged.Message}", damaged);
        }
    }

    /// <summary>What <see cref="WriteModels"/> wrote, model by model.</summary>
    /// <exception cref="CorruptDataException">Damaged.</exception>
    public static List<(int Policy, byte[] Bytes)> ReadModels(ReadOnlySpan<byte> saved)
    {
        var models = new List<(int, byte[])>();
        var reader = new ByteReader(saved);
        _ = reader.Byte();
        _ = reader.Signed();
        for (var count = reader.Items(2); count > 0; count--)
        {
            models.Add((reader.Count(), reader.Blob().ToArray()));
        }

        return models;
    }

    /// <summary>Takes over what the owners of a cluster have folded.</summary>
    /// <param name="watermark">Records in it, of all nodes.</param>
    public void Replace(IEnumerable<KeyValuePair<int, CampaignLedger>> ledgers, ExperimentBook? experiments, long watermark)
    {
        foreach (var (campaign, ledger) in ledgers)
        {
            _ledgers[campaign] = ledger;
        }

        Experiments = experiments ?? Experiments;
        Watermark = watermark;
    }

    /// <inheritdoc cref="Replace(IEnumerable{KeyValuePair{int, CampaignLedger}}, ExperimentBook?, long)"/>
    public void Replace(BetaModel model) => _models[model.Policy] = model;

    /// <summary>Folds a record; one at or below the watermark is dropped, a gap is refused.</summary>
    /// <exception cref="InvalidOperationException">A record is missing before this one.</exception>
    public void Apply(long sequence, long epoch, IReadOnlyList<Fact> facts)
    {
        if (sequence <= Watermark)
        {
            return;
        }

        if (sequence != Watermark + 1)
        {
            throw new InvalidOperationException($"record {sequence} does not follow {Watermark}");
        }

        for (var i = 0; i < facts.Count; i++)
        {
            Apply(epoch, facts[i]);
        }

        Watermark = sequence;
    }

    private void Apply(long epoch, Fact fact)
    {
        Experiments.Apply(fact);
        switch (fact)
        {
            case DecisionFact decision:
                foreach (var placement in decision.Placements)
                {
                    foreach (var offer in placement.Offers)
                    {
                        if (offer.IsFallback)
                        {
                            continue;
                        }

                        Ledger(offer.Campaign).Apply(offer, epoch);
                        if (!placement.Holdout)
                        {
                            Model(placement.Policy).Trial(new ArmKey(placement.Policy, offer.Offer, placement.Segment), decision.AtMicros);
                        }
                    }
                }

                break;
            case OutcomeFact outcome:
                Ledger(outcome.Campaign).Apply(outcome, epoch);
                if (outcome is { Reward: >= 0, Holdout: false, DecisionSequence: > 0 })
                {
                    Model(outcome.Policy).Resolve(
                        new ArmKey(outcome.Policy, outcome.Offer, outcome.Segment),
                        outcome.DecisionAtMicros,
                        outcome.AtMicros,
                        outcome.Reward == 1,
                        outcome.AtMicros - outcome.DecisionAtMicros);
                }

                break;
            case LeaseGrantedFact lease:
                Ledger(lease.Campaign).Apply(lease);
                break;
            case LeaseReturnedFact lease:
                Ledger(lease.Campaign).Apply(lease);
                break;
        }
    }

    public byte[] WriteLedgers()
    {
        using var writer = new ByteWriter(4096);
        writer.Byte(1);
        writer.Signed(Watermark);
        writer.Count(_ledgers.Count);
        foreach (var (campaign, ledger) in _ledgers)
        {
            writer.Count(campaign);
            ledger.Write(writer);
        }

        return writer.ToArray();
    }

    public byte[] WriteModels()
    {
        using var writer = new ByteWriter(4096);
        writer.Byte(1);
        writer.Signed(Watermark);
        writer.Count(_models.Count);
        foreach (var (policy, model) in _models)
        {
            var buffer = new System.Buffers.ArrayBufferWriter<byte>();
            model.Write(buffer);
            writer.Count(policy);
            writer.Blob(buffer.WrittenSpan);
        }

        return writer.ToArray();
    }

    public byte[] WriteExperiments()
    {
        using var writer = new ByteWriter(1024);
        writer.Signed(Watermark);
        Experiments.Write(writer);
        return writer.ToArray();
    }

    /// <summary>Restores what was saved. <c>false</c>: nothing usable was saved, or with other model options; the log must be folded from its begin.</summary>
    public bool TryRestore(ReadOnlySpan<byte> ledgers, ReadOnlySpan<byte> models, ReadOnlySpan<byte> experiments) =>
        TryRestore(ledgers, models, experiments, mayLackModels: false);

    private bool TryRestore(ReadOnlySpan<byte> ledgers, ReadOnlySpan<byte> models, ReadOnlySpan<byte> experiments, bool mayLackModels)
    {
        var left = new ByteReader(ledgers);
        var right = new ByteReader(models);
        if (left.Byte() != 1 || right.Byte() != 1)
        {
            return false;
        }

        var watermark = left.Signed();
        var books = new ByteReader(experiments);
        if (right.Signed() != watermark || books.Signed() != watermark)
        {
            return false;
        }

        for (var count = left.Count(); count > 0; count--)
        {
            _ledgers.Add(left.Count(), CampaignLedger.Read(ref left));
        }

        for (var count = right.Count(); count > 0; count--)
        {
            var policy = right.Count();
            var stored = right.Blob();
            try
            {
                var folded = BetaModel.OptionsOf(stored);
                var wanted = optionsOf(policy) ?? folded;
                if (ModelMeanings.Of(wanted) == ModelMeanings.Of(folded))
                {
                    _models.Add(policy, BetaModel.Read(stored, wanted));
                    continue;
                }
            }
            catch (Exception damaged) when (!mayLackModels && damaged is (InvalidDataException or ArgumentException))
            {
                // Folded anew, as below.
            }

            // Half-life or window changed with the catalog: the sums mean something else now.
            if (!mayLackModels)
            {
                _ledgers.Clear();
                _models.Clear();
                return false;
            }
        }

        Experiments = ExperimentBook.Read(ref books);
        Watermark = watermark;
        return true;
    }
}
