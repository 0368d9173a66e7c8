using System.Security.Cryptography;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Node.Log;
using PmOrleans.Node.Privacy;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Verification;

/// <summary>One customer with the whole history: ids, caps, trials, duplicates, the snapshot, the traces of an erasure.</summary>
/// <param name="hashes">The store's; without them ids are not looked up.</param>
internal sealed class CustomerPass(ILogReader reader, NodeHashes? hashes, PublishedCatalogs catalogs, FindingList findings)
{
    private const int Page = 512;
    private bool _hadKey;

    public long Erased { get; private set; }

    public long CapChecks { get; private set; }

    public long Snapshots { get; private set; }

    /// <summary>How many were read.</summary>
    public long Records { get; private set; }

    public void Verify(CustomerKey customer)
    {
        var identities = reader.IdentitiesOf(customer);
        var snapshot = reader.LoadSnapshot(customer);
        var dataKey = identities.Count > 0 ? identities[0].DataKey : null;
        _hadKey = dataKey is not null;
        var cut = ReadBase(customer, dataKey);
        var (saved, fold, catalog) = dataKey is null ? default : BeginFold(customer, snapshot, dataKey, cut);
        var name = customer.ToString();
        var caps = new CapRecount(name, catalogs, findings);
        var trials = new TrialRecount(name, findings);
        var messages = new MessageRecount(name, findings);
        var exposures = new ExposureRecount(name, findings);
        var wasErased = false;
        var last = cut.Row?.CustomerSequence ?? 0;
        long personal = cut.Row?.Personal.Length ?? 0;
        long checkedBefore = 0;
        if (cut.Row is not null)
        {
            // What was cut was judged when it was: here it only says what went before.
            findings.IsMuted = true;
            foreach (var (sequence, facts) in cut.Recent)
            {
                foreach (var fact in facts)
                {
                    Judge(fact, sequence);
                }
            }

            findings.IsMuted = false;
            checkedBefore = caps.Checks;
            messages.Begin(cut.Messages);
        }

        while (true)
        {
            var rows = reader.ReadCustomer(customer, last, Page);
            Records += rows.Count;
            foreach (var row in rows)
            {
                last = row.CustomerSequence;
                personal += row.Personal.Length;
                CheckDecisionIndex(row, dataKey is not null);
                foreach (var fact in Decode(row, dataKey))
                {
                    wasErased |= fact is ErasureFact;
                    Judge(fact, row.CustomerSequence);
                    if (fold is not null && row.CustomerSequence <= snapshot!.CustomerSequence && row.CustomerSequence <= fold.Sequence + 1)
                    {
                        fold.Apply(fact, row.CustomerSequence, catalog!);
                    }
                }

                if (row.CustomerSequence == fold?.Sequence)
                {
                    fold.Prune();
                }
            }

            if (rows.Count < Page)
            {
                break;
            }
        }

        CapChecks += caps.Checks - checkedBefore;
        if (dataKey is null)
        {
            CheckErased(name, wasErased, personal, snapshot is not null);
        }
        else if (snapshot is not null)
        {
            CompareSnapshot(name, snapshot, saved, fold, last);
        }

        void Judge(Fact fact, long sequence)
        {
            switch (fact)
            {
                case DecisionFact decision:
                    caps.Apply(decision, sequence);
                    trials.Apply(decision, sequence);
                    exposures.Apply(decision, sequence);
                    break;
                case OutcomeFact outcome:
                    trials.Apply(outcome, sequence);
                    exposures.Apply(outcome, sequence);
                    caps.Apply(outcome);
                    break;
                case IdentityFact { Id: { } id } when dataKey is not null && hashes is not null:
                    CheckId(customer, hashes.Identity.Hash128(id), sequence);
                    break;
                case TouchpointFact touchpoint:
                    messages.Apply(touchpoint, sequence);
                    break;
            }
        }
    }

    /// <summary>Whether the customer was erased since the reading began.</summary>
    public bool IsErasedMeanwhile(CustomerKey customer) => _hadKey && reader.IdentitiesOf(customer).Count == 0;

    /// <summary>All parts of a base, read to their ends: one that is damaged is a finding, and what was cut of the customer counts for nothing.</summary>
    private Cut ReadBase(CustomerKey customer, byte[]? dataKey)
    {
        var row = reader.LoadBase(customer);
        if (row is null)
        {
            return new Cut(null, [], []);
        }

        try
        {
            var messages = dataKey is null ? [] : CustomerState.Read(customer, PersonalCipher.Decrypt(dataKey, row.Personal)).MessagesInOrder();
            return new Cut(row, CustomerBase.Read(row).RecentFacts(), [.. messages]);
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            SayDamaged(customer, damaged);
            return new Cut(row, [], []) { IsDamaged = true };
        }
    }

    private void SayDamaged(CustomerKey customer, Exception damaged) =>
        findings.Add(FindingKind.Unreadable, $"base of customer {customer}", "what was cut", damaged.Message);

    private (CustomerState? Saved, CustomerState? Fold, Decisioning.Catalog.CatalogSnapshot? Catalog) BeginFold(
        CustomerKey customer, SnapshotRow? snapshot, byte[] dataKey, Cut cut)
    {
        if (snapshot is null)
        {
            return default;
        }

        CustomerState saved;
        try
        {
            saved = CustomerState.Read(customer, PersonalCipher.Decrypt(dataKey, snapshot.State));
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            findings.Add(FindingKind.Unreadable, $"snapshot of customer {customer}", "a state", damaged.Message);
            return default;
        }

        // Folded with definitions that no version compiles to any more: the node folds such a customer anew, so this snapshot is never used.
        if (cut.IsDamaged || catalogs.All.FirstOrDefault(version => version.DefinitionsHash == saved.DefinitionsHash) is not { } catalog)
        {
            return (saved, null, null);
        }

        if (cut.Row is null)
        {
            var fold = new CustomerState(customer);
            fold.BeginDefinitions(catalog);
            return (saved, fold, catalog);
        }

        try
        {
            return (saved, CustomerBase.Restore(cut.Row, dataKey, catalogs.Version, catalog), catalog);
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            SayDamaged(customer, damaged);
            return (saved, null, null);
        }
    }

    private List<Fact> Decode(LogRow row, byte[]? dataKey)
    {
        try
        {
            return FactCodec.Read(row.Accounting, dataKey is null ? [] : PersonalCipher.Decrypt(dataKey, row.Personal));
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            findings.Add(FindingKind.Unreadable, $"record {row.Sequence} customer {row.Customer}", "facts with their personal parts", damaged.Message);
            return [];
        }
    }

    private void CheckId(CustomerKey customer, UInt128 idHash, long sequence)
    {
        if (reader.FindIdentity(idHash)?.Customer is var found && found != customer)
        {
            findings.Add(FindingKind.Dangling, $"an id of customer {customer}, given at record {sequence}", "an entry that leads to the customer", found is null ? "none" : "one of another customer");
        }
    }

    private void CheckDecisionIndex(LogRow row, bool isKnown)
    {
        if (row.DecisionHash == 0)
        {
            return;
        }

        var indexed = reader.FindDecision(row.DecisionHash);
        if (isKnown && indexed is null)
        {
            findings.Add(FindingKind.Dangling, $"decision of record {row.Sequence}", "an entry of its id", "none");
        }
        else if (isKnown && indexed!.Sequence != row.Sequence)
        {
            findings.Add(FindingKind.FactDoubled, $"decision of record {row.Sequence}", "a decision id of its own", $"that of record {indexed.Sequence}");
        }
        else if (!isKnown && indexed?.Sequence == row.Sequence)
        {
            findings.Add(FindingKind.ErasureIncomplete, $"decision of record {row.Sequence}", "no entry of its id", "one");
        }
    }

    private void CheckErased(string customer, bool wasErased, long personalBytes, bool hasSnapshot)
    {
        if (!wasErased)
        {
            findings.Add(FindingKind.FactLost, $"customer {customer}", "an identity, or an erasure in the log", "neither");
            return;
        }

        Erased++;
        if (personalBytes > 0)
        {
            findings.Add(FindingKind.ErasureIncomplete, $"customer {customer}", "no personal parts", $"{personalBytes} bytes");
        }

        if (hasSnapshot)
        {
            findings.Add(FindingKind.ErasureIncomplete, $"customer {customer}", "no snapshot", "one");
        }
    }

    private void CompareSnapshot(string customer, SnapshotRow snapshot, CustomerState? saved, CustomerState? fold, long last)
    {
        if (saved is null)
        {
            return;
        }

        Snapshots++;
        if (snapshot.CustomerSequence > last || saved.Sequence != snapshot.CustomerSequence)
        {
            findings.Add(
                saved.Sequence == snapshot.CustomerSequence ? FindingKind.FactLost : FindingKind.SnapshotDiffers,
                $"customer {customer}, by its snapshot",
                $"records up to {snapshot.CustomerSequence}",
                $"{last} in the log, {saved.Sequence} in the state");
        }
        else if (fold is not null && !Bytes(fold).AsSpan().SequenceEqual(Bytes(saved)))
        {
            findings.Add(FindingKind.SnapshotDiffers, $"customer {customer} at record {snapshot.CustomerSequence}", Summary(fold), Summary(saved));
        }
        else if (saved.DueMicros != snapshot.DueMicros)
        {
            findings.Add(FindingKind.SnapshotDiffers, $"customer {customer}, when due", saved.DueMicros, snapshot.DueMicros);
        }
    }

    private static byte[] Bytes(CustomerState state)
    {
        using var writer = new ByteWriter(1024);
        state.Write(writer);
        return writer.ToArray();
    }

    /// <summary>Figures only: the report names nothing personal.</summary>
    private static string Summary(CustomerState state) =>
        $"sequence {state.Sequence} last {state.LastSeenMicros} attributes {state.Attributes.Length} tallies {string.Join('+', state.Tallies.ToArray().Select(tally => tally.Count))} "
        + $"counters {state.ListCount} open {state.Open.Length} messages {state.Messages.Length}";

    private static bool IsDamage(Exception exception) =>
        exception is CorruptDataException or CryptographicException or ArgumentException or OverflowException;

    /// <summary>What a cut left of a customer.</summary>
    /// <param name="Row"><c>null</c> when nothing of the customer was cut.</param>
    /// <param name="Recent">Facts of the latest records that were.</param>
    /// <param name="Messages">Hashes of the messages remembered then.</param>
    private sealed record Cut(BaseRow? Row, IReadOnlyList<(long Sequence, IReadOnlyList<Fact> Facts)> Recent, IReadOnlyList<ulong> Messages)
    {
        public bool IsDamaged { get; init; }
    }
}
