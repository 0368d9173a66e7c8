using System.Globalization;
using System.Text.Json;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Rules;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>
/// What the rules see of one customer and request: values are fetched once per decision, rules and segments are evaluated once per decision.
/// Reused; <see cref="Begin"/> before each use.
/// </summary>
internal sealed class ProfileInput : IRuleInput
{
    private const byte Fetched = 1;
    private const byte Absent = 2;

    /// <summary>A duration of the rules is nanoseconds in 64 bits; a touchpoint may claim to be older than that.</summary>
    private const long LongestMicros = long.MaxValue / 1000;

    private readonly SegmentList _segments = new();
    private readonly CelValue _segmentsValue;
    private CelValue[] _values = [];
    private KeyedMetric?[] _keyed = [];
    private byte[] _known = [];
    private byte[] _ruleOutcomes = [];
    private bool _segmentsKnown;
    private bool _segmentsRunning;
    private CatalogSnapshot _catalog = null!;
    private CustomerState _state = null!;
    private Property[] _context = [];
    private RfmEdges _rfm = RfmEdges.None;
    private long _nowMicros;

    public ProfileInput() => _segmentsValue = CelValue.Of(_segments);

    /// <param name="rfm">Edges behind the RFM scores; without any nobody has scores.</param>
    public void Begin(CatalogSnapshot catalog, CustomerState state, Property[] context, long nowMicros, RfmEdges? rfm = null)
    {
        BeginValues(catalog, state, context, nowMicros, rfm ?? RfmEdges.None);
        if (_ruleOutcomes.Length < catalog.Rules.Length)
        {
            _ruleOutcomes = new byte[catalog.Rules.Length];
        }

        _ruleOutcomes.AsSpan(0, catalog.Rules.Length).Clear();
    }

    private void BeginValues(CatalogSnapshot catalog, CustomerState state, Property[] context, long nowMicros, RfmEdges rfm)
    {
        (_catalog, _state, _context, _nowMicros, _rfm) = (catalog, state, context, nowMicros, rfm);
        if (_known.Length < catalog.Bindings.Count)
        {
            _values = new CelValue[catalog.Bindings.Count];
            _known = new byte[catalog.Bindings.Count];
        }

        _known.AsSpan(0, catalog.Bindings.Count).Clear();
        _segmentsKnown = false;
        _segmentsRunning = false;
    }

    /// <summary>Begins with the segments as the state remembers them, to be changed one by one while they are brought up to date: for <see cref="Holds"/> alone.</summary>
    public void BeginSegments(CatalogSnapshot catalog, CustomerState state, long nowMicros, RfmEdges rfm)
    {
        BeginValues(catalog, state, [], nowMicros, rfm);
        _segments.Begin(catalog.SegmentPlan, in state.Membership);
        _segmentsKnown = true;
    }

    /// <summary>Whether a rule holds, asked anew: what it says of segments may have changed since it was asked last.</summary>
    public bool Holds(int rule) => _catalog.Rules[rule].EvaluateBool(this) == RuleOutcome.True;

    public void ChangeSegment(Segment segment, bool isIn) => _segments.Set(segment, isIn);

    /// <summary>Lets go of the customer.</summary>
    public void End()
    {
        _state = null!;
        _context = [];
        _values.AsSpan().Clear();
    }

    public RuleOutcome Evaluate(int rule)
    {
        ref var known = ref _ruleOutcomes[rule];
        if (known == 0)
        {
            known = (byte)(1 + (byte)_catalog.Rules[rule].EvaluateBool(this));
        }

        return (RuleOutcome)(known - 1);
    }

    /// <summary>Segments the customer is in now, in catalog order.</summary>
    public IReadOnlyList<Segment> Segments
    {
        get
        {
            EnsureSegments();
            return _segments.Members;
        }
    }

    public bool IsIn(Segment segment)
    {
        EnsureSegments();
        return _segments.Has(segment);
    }

    public bool TryGet(int slot, out CelValue value)
    {
        var known = _known[slot];
        if (known == 0)
        {
            known = Fetch(in _catalog.Bindings[slot], out _values[slot]) ? Fetched : Absent;
            _known[slot] = known;
        }

        value = _values[slot];
        return known == Fetched;
    }

    private void EnsureSegments()
    {
        if (_segmentsKnown || _segmentsRunning)
        {
            return;
        }

        _segmentsRunning = true;
        var plan = _catalog.SegmentPlan;
        if (_state.KnowsSegments(plan.Stamp(_rfm), _nowMicros))
        {
            _segments.Begin(plan, in _state.Membership);
            Add(plan.PerRequest);
        }
        else
        {
            // Another catalog than the one the state was last brought up to date with, or nobody did: a draft, a copy, a replay.
            _segments.Begin(plan);
            Add(plan.Segments);
        }

        _segmentsKnown = true;
        _segmentsRunning = false;
    }

    /// <summary>In an order in which a segment comes after those its rule uses, so that the growing list is complete for each.</summary>
    private void Add(System.Collections.Immutable.ImmutableArray<Segment> segments)
    {
        foreach (var segment in segments)
        {
            if (Evaluate(segment.Rule) == RuleOutcome.True)
            {
                _segments.Set(segment, isIn: true);
            }
        }
    }

    private bool Fetch(in SlotBinding binding, out CelValue value)
    {
        switch (binding.Source)
        {
            case SlotSource.Attribute:
                return FetchAttribute(binding.Attribute!, out value);
            case SlotSource.LastChannel when _state.LastChannel is { } channel:
                value = CelValue.Of(channel);
                return true;
            case SlotSource.Metric when binding.Metric!.KeyedBy is null:
                return _state.TryReadMetric(binding.Metric, _nowMicros, out value);
            case SlotSource.Metric:
                value = FetchKeyed(binding.Metric!);
                return true;
            case SlotSource.Count:
                value = CelValue.Of(_state.TallyOf(binding.Name).Count);
                return true;
            case SlotSource.Value:
                value = CelValue.Of(_state.TallyOf(binding.Name).ValueMicros / 1e6);
                return true;
            case SlotSource.Recency when _state.TallyOf(binding.Name) is { Count: > 0 } tally:
                value = CelValue.Of(TimeSpan.FromTicks(Math.Clamp(_nowMicros - tally.LastAtMicros, 0, LongestMicros) * 10));
                return true;
            case SlotSource.Segments:
                EnsureSegments();
                value = _segmentsValue;
                return true;
            case SlotSource.Consent when _state.TryGetConsent(binding.Name, out var granted):
                value = CelValue.Of(granted ? "granted" : "denied");
                return true;
            case SlotSource.Rfm:
                return FetchRfm(binding.Name, out value);
            case SlotSource.Context:
                return FetchContext(in binding, out value);
            default:
                value = default;
                return false;
        }
    }

    private CelValue FetchKeyed(MetricDefinition metric)
    {
        if (_keyed.Length <= metric.Ordinal)
        {
            Array.Resize(ref _keyed, metric.Ordinal + 1);
        }

        var map = _keyed[metric.Ordinal] ??= new KeyedMetric();
        _state.ReadMetric(metric, _nowMicros, map);
        return CelValue.Of(map);
    }

    private bool FetchAttribute(AttributeDefinition attribute, out CelValue value)
    {
        if (_state.TryGetAttribute(attribute.Name, out var stored) && TryConvert(stored, attribute.Type, out value))
        {
            return true;
        }

        value = attribute.Default ?? default;
        return attribute.Default.HasValue;
    }

    /// <summary>Absent for who never did it, and until edges were taken for the first time.</summary>
    private bool FetchRfm(string name, out CelValue value)
    {
        value = default;
        if (_rfm.IsNone || _catalog.Rfm is not { } definition || _state.TallyOf(definition.Type) is not { Count: > 0 } tally)
        {
            return false;
        }

        value = CelValue.Of(RfmScores.Of(in tally, _rfm, _nowMicros).Of(name));
        return true;
    }

    private bool FetchContext(in SlotBinding binding, out CelValue value)
    {
        foreach (var (key, given) in _context)
        {
            if (key == binding.Name)
            {
                return TryConvert(given, binding.Type, out value);
            }
        }

        value = default;
        return false;
    }

    /// <summary>An attribute as its declared type, or <c>false</c>: it was set before it was declared so.</summary>
    internal static bool TryConvert(PropertyValue stored, CelType type, out CelValue value)
    {
        switch (stored.Kind)
        {
            case PropertyKind.Text when type.Equals(CelType.String):
                value = CelValue.Of(stored.Text!);
                return true;
            case PropertyKind.Text when type.Equals(CelType.Timestamp)
                && DateTimeOffset.TryParse(stored.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time):
                value = CelValue.Of(time);
                return true;
            case PropertyKind.Number when type.Equals(CelType.Double):
                value = CelValue.Of(stored.Number);
                return true;
            case PropertyKind.Number when type.Equals(CelType.Int) && stored.Number == Math.Floor(stored.Number) && Math.Abs(stored.Number) <= 1L << 53:
                value = CelValue.Of((long)stored.Number);
                return true;
            case PropertyKind.Bool when type.Equals(CelType.Bool):
                value = CelValue.Of(stored.Flag);
                return true;
            case PropertyKind.Json when type.Equals(CelType.List(CelType.String)):
                return TryReadList(stored.Text!, out value);
            default:
                value = default;
                return false;
        }
    }

    private static bool TryReadList(string json, out CelValue value)
    {
        value = default;
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Array
                || document.RootElement.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
            {
                return false;
            }

            value = CelValue.ListOf(document.RootElement.EnumerateArray().Select(item => item.GetString()!));
            return true;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // The latter: an escape that is half a surrogate pair is JSON and no text.
            return false;
        }
    }
}
