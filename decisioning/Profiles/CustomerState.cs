using PmOrleans.Decisioning.Caps;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Decisioning.Profiles;

/// <summary>
/// A customer's live state: the fold of that customer's facts. One owner changes it, only through <see cref="Apply"/>, which is a
/// deterministic function of state, fact and catalog: folding the same records again gives the same state.
/// </summary>
/// <remarks>
/// Changed in place, not copied: a hot customer folds thousands of facts a second, and at a million live customers every object counts. A
/// failed commit is undone by dropping the state and folding the log again.
/// </remarks>
public sealed partial class CustomerState(CustomerKey key)
{
    /// <summary>Windows kept open per customer; beyond it the oldest is resolved early, so that nobody can fill the memory.</summary>
    public const int MostOpenDecisions = 1024;

    private const int MostTallies = 256;

    // Nearly everybody has one id: no list for it.
    private string? _firstId;
    private string[] _otherIds = [];
    private AttributeEntry[] _attributes = [];
    private ConsentEntry[] _consents = [];
    private TouchTally[] _tallies = [];
    private OpenDecision[] _open = [];
    private int _openCount;
    private PackedLists _lists;
    private MessageWindow _messages;

    public CustomerKey Key { get; } = key;

    /// <summary>Of the last record folded; 0 for a customer that has none.</summary>
    public long Sequence { get; private set; }

    /// <summary>Outside ids, the first first.</summary>
    public string[] Ids => _firstId is null ? [] : [_firstId, .. _otherIds];

    /// <summary>The id the customer came into being with; <c>null</c> before the first record.</summary>
    public string? FirstId => _firstId;

    public bool HasAliases => _otherIds.Length > 0;

    public bool HasId(string id) => _firstId == id || Array.IndexOf(_otherIds, id) >= 0;

    public long FirstSeenMicros { get; private set; }

    /// <summary>Customer time never goes back: the largest time of any fact.</summary>
    public long LastSeenMicros { get; private set; }

    public string? LastChannel { get; private set; }

    /// <summary>Of the catalog the caps and metrics are folded with; 0 before any.</summary>
    public ulong DefinitionsHash { get; private set; }

    /// <summary>Newest catalog version this customer was decided with; never goes back.</summary>
    public int CatalogVersion { get; private set; }

    public ReadOnlySpan<AttributeEntry> Attributes => _attributes;

    public ReadOnlySpan<ConsentEntry> Consents => _consents;

    public ReadOnlySpan<TouchTally> Tallies => _tallies;

    /// <summary>Oldest first.</summary>
    public ReadOnlySpan<OpenDecision> Open => _open.AsSpan(0, _openCount);

    /// <summary>Number of cap counters and metric windows.</summary>
    public int ListCount => _lists.Count;

    public ulong ListIdAt(int index) => _lists.IdAt(index);

    public ReadOnlySpan<TimedPoint> ListAt(int index) => _lists.At(index);

    /// <summary>Whether a message id (its keyed hash) is within the horizon.</summary>
    public bool HasMessage(ulong messageHash) => _messages.Contains(messageHash);

    /// <summary>Remembered message hashes, in no order.</summary>
    public ReadOnlySpan<ulong> Messages => _messages.Hashes;

    /// <summary>Counted events of a cap scope inside its window.</summary>
    public int CountCapped(CapScope scope, long nowMicros) => CapCounters.Count(_lists.Find(scope.CounterId), scope, nowMicros);

    public TouchTally TallyOf(string type)
    {
        foreach (var tally in _tallies)
        {
            if (tally.Type == type)
            {
                return tally;
            }
        }

        return default;
    }

    public bool TryGetAttribute(string name, out PropertyValue value)
    {
        foreach (var entry in _attributes)
        {
            if (entry.Name == name)
            {
                value = entry.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    public bool TryGetConsent(string purpose, out bool granted)
    {
        foreach (var entry in _consents)
        {
            if (entry.Purpose == purpose)
            {
                granted = entry.Granted;
                return true;
            }
        }

        granted = false;
        return false;
    }

    /// <summary>Says which definitions caps and metrics are folded with; before the first fact.</summary>
    public void BeginDefinitions(CatalogSnapshot catalog) => DefinitionsHash = catalog.DefinitionsHash;

    /// <summary>Earliest time at which something must happen without anybody asking; <see cref="long.MaxValue"/> for never.</summary>
    public long DueMicros => Math.Min(WindowsDueMicros, SegmentsDueMicros);

    /// <summary>Earliest end of a window of an open decision.</summary>
    public long WindowsDueMicros
    {
        get
        {
            var due = long.MaxValue;
            foreach (ref readonly var open in Open)
            {
                due = Math.Min(due, open.DueMicros);
            }

            return due;
        }
    }

    /// <summary>Folds one fact of the record with <paramref name="sequence"/>, which is this state's or the next one.</summary>
    public void Apply(Fact fact, long sequence, CatalogSnapshot catalog)
    {
        if (sequence != Sequence && sequence != Sequence + 1)
        {
            throw new InvalidOperationException($"record {sequence} cannot follow record {Sequence} of a customer");
        }

        KeepSegments(fact, sequence);
        Sequence = sequence;
        switch (fact)
        {
            case TouchpointFact touchpoint:
                ApplyTouchpoint(touchpoint, catalog);
                break;
            case DecisionFact decision:
                ApplyDecision(decision, catalog);
                break;
            case OutcomeFact outcome:
                ApplyOutcome(outcome, catalog);
                break;
            case ExperimentAssignedFact assigned:
                ApplyAssigned(assigned);
                break;
            case SuppressedFact suppressed:
                ApplySuppressed(suppressed);
                break;
            case SegmentChangeFact change:
                ApplySegmentChange(change);
                break;
            case IdentityFact { Id: { } id }:
                AddId(id);
                break;
        }
    }

    /// <summary>Drops what is over at customer time; called after the facts of a record are folded.</summary>
    public void Prune()
    {
        var kept = 0;
        for (var i = 0; i < _openCount; i++)
        {
            if (!_open[i].IsOver(LastSeenMicros))
            {
                if (kept != i)
                {
                    _open[kept] = _open[i];
                }

                kept++;
            }
        }

        _openCount = kept;
        PruneSuppressed();
    }

    /// <summary>Gives back the room kept for growth, once the customer is saved and quiet.</summary>
    public void Trim()
    {
        _lists.Trim();
        _messages.Trim();
        if (_open.Length != _openCount)
        {
            Array.Resize(ref _open, _openCount);
        }
    }

    internal void Borrow(in PackedLists lists, in MessageWindow messages) => (_lists, _messages) = (lists, messages);

    /// <summary>Leaves the state without lists and messages.</summary>
    internal void GiveBack(out PackedLists lists, out MessageWindow messages)
    {
        (lists, messages) = (_lists, _messages);
        (_lists, _messages) = (default, default);
    }

    private void AddId(string id)
    {
        if (_firstId is null)
        {
            _firstId = id;
        }
        else
        {
            _otherIds = [.. _otherIds, id];
        }
    }

    private void See(long atMicros)
    {
        FirstSeenMicros = FirstSeenMicros == 0 ? atMicros : Math.Min(FirstSeenMicros, atMicros);
        LastSeenMicros = Math.Max(LastSeenMicros, atMicros);
    }
}
