using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Segments;

/// <summary>Reads off the rules of a catalog's segments what they hang on.</summary>
internal sealed class SegmentPlanBuilder
{
    /// <summary>From so many segments that need a value of the same slot, a table of the values is quicker than asking each.</summary>
    private const int LeastForTable = 8;

    private readonly CatalogSnapshot _catalog;
    private readonly int _words;
    private readonly ulong[] _live;
    private readonly ulong[] _rechecked;
    private readonly ulong[] _byRfm;
    private readonly ulong[] _clocked;
    private readonly Dictionary<string, SortedDictionary<long, ulong[]>> _ages = new(StringComparer.Ordinal);
    private readonly Dictionary<(MetricDefinition? Metric, string Type, bool IsValue), SortedDictionary<double, ulong[]>> _numbers = [];
    private readonly ulong[]?[] _dependents;
    private readonly Dictionary<string, ulong[]> _byType = new(StringComparer.Ordinal);
    private readonly ulong[] _byAnyTouchpoint;
    private readonly Dictionary<string, ulong[]> _byAttribute = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ulong[]> _byPurpose = new(StringComparer.Ordinal);
    private readonly HashSet<TimedInput> _timedInputs = [];
    private readonly Dictionary<string, HashSet<int>> _amountsByType = new(StringComparer.Ordinal);
    private readonly HashSet<int> _amountsByAny = [];
    private readonly SortedSet<string> _read = new(StringComparer.Ordinal);
    private bool _usesRfm;

    private SegmentPlanBuilder(CatalogSnapshot catalog)
    {
        _catalog = catalog;
        _words = (catalog.Segments.Length + 63) / 64;
        (_live, _rechecked, _byRfm, _clocked, _byAnyTouchpoint) = (Mask(), Mask(), Mask(), Mask(), Mask());
        _dependents = new ulong[catalog.Segments.Length][];
    }

    public static SegmentPlan Build(CatalogSnapshot catalog) => new SegmentPlanBuilder(catalog).Build();

    private SegmentPlan Build()
    {
        var perRequest = ImmutableArray.CreateBuilder<Segment>();
        foreach (var segment in _catalog.Segments)
        {
            var slots = _catalog.Rules[segment.Rule].Slots;
            if (segment.Number > Profiles.CustomerState.HighestSegment || slots.Any(slot => IsPerRequest(segment, slot)))
            {
                perRequest.Add(segment);
                continue;
            }

            SegmentMask.Set(_live, segment.Ordinal);
            foreach (var read in _catalog.Rules[segment.Rule].Reads)
            {
                Hang(segment, read);
            }
        }

        var amounts = Amounts(out var gates);
        ImmutableArray<ComparedNumber> numbers = [.. _numbers.Select(entry => new ComparedNumber(
            entry.Key.Metric, entry.Key.Type, entry.Key.IsValue, [.. entry.Value.Keys], [.. entry.Value.Values]))];
        ImmutableArray<ComparedAge> ages = [.. _ages.Select(entry => new ComparedAge(entry.Key, [.. entry.Value.Keys], [.. entry.Value.Values]))];
        return new SegmentPlan(_catalog.Segments)
        {
            Hash = HashOf(amounts, gates),
            Live = _live,
            LiveByNumber = _catalog.Segments.Where(segment => SegmentMask.Has(_live, segment.Ordinal)).ToFrozenDictionary(segment => segment.Number),
            PerRequest = perRequest.ToImmutable(),
            Rechecked = _rechecked,
            ByRfm = _byRfm,
            Ages = ages,
            Clocked = _clocked,
            Numbers = numbers,
            Dependents = _dependents,
            TimedInputs = [.. _timedInputs],
            ByType = _byType.Keys.Union(_amountsByType.Keys, StringComparer.Ordinal).Union(numbers.Select(number => number.Type), StringComparer.Ordinal).ToFrozenDictionary(type => type, type => Effects(
                _byType.GetValueOrDefault(type) ?? Mask(), numbers, ages, type, _amountsByType.GetValueOrDefault(type) ?? []), StringComparer.Ordinal),
            ByAnyTouchpoint = Effects(_byAnyTouchpoint, [], [], null, _amountsByAny),
            ByAttribute = _byAttribute.ToFrozenDictionary(StringComparer.Ordinal),
            ByPurpose = _byPurpose.ToFrozenDictionary(StringComparer.Ordinal),
            Atoms = Tables(),
            Amounts = amounts,
            AmountSegments = gates,
            UsesRfm = _usesRfm,
        };
    }

    private SegmentPlan.TypeEffects Effects(
        ulong[] segments, ImmutableArray<ComparedNumber> numbers, ImmutableArray<ComparedAge> ages, string? type, IEnumerable<int> amounts) =>
        new(segments, [.. numbers.Where(number => number.Type == type)], [.. ages.Where(age => age.Type == type)], [.. _timedInputs.Where(input => input.Type == type)], [.. amounts.Order()]);

    private bool IsPerRequest(Segment segment, int slot) => _catalog.Bindings[slot].Source switch
    {
        SlotSource.Context => true,
        SlotSource.Segments => Used(segment).Any(used => !SegmentMask.Has(_live, used)),
        _ => false,
    };

    /// <summary>Ordinals of the segments a rule asks for; all before it where that was not said.</summary>
    private static IEnumerable<int> Used(Segment segment) => segment.Uses.IsDefault ? Enumerable.Range(0, segment.Ordinal) : segment.Uses;

    private void Hang(Segment segment, RuleRead read)
    {
        var slot = read.Slot;
        ref readonly var binding = ref _catalog.Bindings[slot];
        _read.Add($"{_catalog.Schema.Slots[slot].Path} {binding.Attribute?.Type} {binding.Attribute?.Default}");
        switch (binding.Source)
        {
            case SlotSource.Attribute:
                Set(_byAttribute, binding.Name, segment);
                break;
            case SlotSource.LastChannel:
                SegmentMask.Set(_byAnyTouchpoint, segment.Ordinal);
                break;
            case SlotSource.Consent:
                Set(_byPurpose, binding.Name, segment);
                break;
            case SlotSource.Count or SlotSource.Value:
                if (!Compare(segment, read, null, binding.Name, binding.Source == SlotSource.Value))
                {
                    Set(_byType, binding.Name, segment);
                }

                break;
            case SlotSource.Segments:
                foreach (var used in Used(segment))
                {
                    SegmentMask.Set(_dependents[used] ??= Mask(), segment.Ordinal);
                }

                break;
            case SlotSource.Metric:
                if (binding.Metric!.Kind is not (MetricKind.Count or MetricKind.Sum) || binding.Metric.KeyedBy is not null || !Compare(segment, read, binding.Metric, binding.Metric.TouchpointType, false))
                {
                    SegmentMask.Set(_clocked, segment.Ordinal);
                    Set(_byType, binding.Metric.TouchpointType, segment);
                }

                break;
            case SlotSource.Recency:
                Set(_byType, binding.Name, segment);
                if (!CompareAge(segment, read, binding.Name))
                {
                    SegmentMask.Set(_clocked, segment.Ordinal);
                }

                break;
            case SlotSource.Rfm when _catalog.Rfm is { } rfm:
                _usesRfm = true;
                _timedInputs.Add(new TimedRfm(rfm.Type));
                SegmentMask.Set(_byRfm, segment.Ordinal);
                Set(_byType, rfm.Type, segment);
                break;
            default:
                _timedInputs.Add(new TimedRecheck(null));
                SegmentMask.Set(_rechecked, segment.Ordinal);
                SegmentMask.Set(_byAnyTouchpoint, segment.Ordinal);
                break;
        }
    }

    /// <summary>Hangs a segment on the constants its rule compares a number with; <c>false</c>: it does something else with it as well.</summary>
    private bool Compare(Segment segment, RuleRead read, MetricDefinition? metric, string type, bool isValue)
    {
        var constants = read.Constants.Select(Number).ToList();
        if (!read.OnlyCompared || constants.Contains(null))
        {
            return false;
        }

        if (!_numbers.TryGetValue((metric, type, isValue), out var masks))
        {
            _numbers.Add((metric, type, isValue), masks = []);
        }

        foreach (var constant in constants)
        {
            if (!masks.TryGetValue(constant!.Value, out var mask))
            {
                masks.Add(constant.Value, mask = Mask());
            }

            SegmentMask.Set(mask, segment.Ordinal);
        }

        return true;
    }

    private static double? Number(CelValue constant) => constant.Kind switch
    {
        CelKind.Int => constant.AsInt(),
        CelKind.Uint => constant.AsUint(),
        CelKind.Double when double.IsFinite(constant.AsDouble()) => constant.AsDouble(),
        _ => null,
    };

    /// <summary>The same for a recency.</summary>
    private bool CompareAge(Segment segment, RuleRead read, string type)
    {
        if (!read.OnlyCompared || read.Constants.Any(constant => constant.Kind != CelKind.Duration))
        {
            return false;
        }

        if (!_ages.TryGetValue(type, out var masks))
        {
            _ages.Add(type, masks = []);
        }

        foreach (var age in read.Constants.SelectMany(RuleClock.Ages))
        {
            if (!masks.TryGetValue(age, out var mask))
            {
                masks.Add(age, mask = Mask());
            }

            SegmentMask.Set(mask, segment.Ordinal);
        }

        return true;
    }

    private ImmutableArray<SegmentAmountDefinition> Amounts(out ImmutableArray<ImmutableArray<int>> gates)
    {
        var numberToGate = new SortedDictionary<int, (SegmentAmountDefinition Amount, SortedSet<int> Segments)>();
        foreach (var segment in _catalog.Segments.Where(segment => SegmentMask.Has(_live, segment.Ordinal)))
        {
            foreach (var amount in segment.Sums)
            {
                numberToGate.TryAdd(amount.Number, (amount, []));
                numberToGate[amount.Number].Segments.Add(segment.Number);
            }
        }

        foreach (var amount in _catalog.Rfm?.Amounts ?? [])
        {
            numberToGate.TryAdd(amount.Number, (amount, []));
        }

        gates = [.. numberToGate.Values.Select(entry => entry.Segments.ToImmutableArray())];
        var index = 0;
        foreach (var (amount, _) in numberToGate.Values)
        {
            HangAmount(amount, index++);
        }

        return [.. numberToGate.Values.Select(entry => entry.Amount)];
    }

    private void HangAmount(SegmentAmountDefinition amount, int index)
    {
        if (amount.Expression is null)
        {
            On(_catalog.Rfm!.Type);
            return;
        }

        foreach (var slot in amount.Expression.Slots)
        {
            ref readonly var binding = ref _catalog.Bindings[slot];
            _read.Add($"{_catalog.Schema.Slots[slot].Path} {binding.Attribute?.Type} {binding.Attribute?.Default}");
            switch (binding.Source)
            {
                case SlotSource.Attribute:
                    On(Facts.TouchpointTypes.Identify);
                    break;
                case SlotSource.Consent:
                    On(Facts.TouchpointTypes.Consent);
                    break;
                case SlotSource.Count or SlotSource.Value:
                    On(binding.Name);
                    break;
                case SlotSource.Segments:
                    // Whenever a segment changes all amounts are looked at.
                    break;
                case SlotSource.LastChannel:
                    _amountsByAny.Add(index);
                    break;
                case SlotSource.Metric:
                    _timedInputs.Add(new TimedMetric(binding.Metric!));
                    On(binding.Metric!.TouchpointType);
                    break;
                case SlotSource.Recency:
                    _timedInputs.Add(new TimedRecheck(binding.Name));
                    On(binding.Name);
                    break;
                default:
                    _timedInputs.Add(new TimedRecheck(null));
                    _amountsByAny.Add(index);
                    break;
            }
        }

        void On(string type)
        {
            if (!_amountsByType.TryGetValue(type, out var amounts))
            {
                _amountsByType.Add(type, amounts = []);
            }

            amounts.Add(index);
        }
    }

    private ImmutableArray<SegmentPlan.AtomGroup> Tables()
    {
        var bySlot = new Dictionary<int, List<(Segment Segment, RuleAtom Atom)>>();
        foreach (var segment in _catalog.Segments.Where(segment => SegmentMask.Has(_live, segment.Ordinal)))
        {
            var atom = _catalog.Rules[segment.Rule].Atoms.FirstOrDefault(atom =>
                atom.Kind is RuleAtomKind.Equal or RuleAtomKind.In && StandsStill(_catalog.Bindings[atom.Slot].Source));
            if (atom is not null)
            {
                if (!bySlot.TryGetValue(atom.Slot, out var list))
                {
                    bySlot.Add(atom.Slot, list = []);
                }

                list.Add((segment, atom));
            }
        }

        var tables = ImmutableArray.CreateBuilder<SegmentPlan.AtomGroup>();
        foreach (var (slot, members) in bySlot.Where(entry => entry.Value.Count >= LeastForTable))
        {
            var all = Mask();
            var byValue = new Dictionary<CelValue, ulong[]>();
            foreach (var (segment, atom) in members)
            {
                SegmentMask.Set(all, segment.Ordinal);
                foreach (var literal in atom.Literals)
                {
                    if (!byValue.TryGetValue(literal, out var mask))
                    {
                        byValue.Add(literal, mask = Mask());
                    }

                    SegmentMask.Set(mask, segment.Ordinal);
                }
            }

            tables.Add(new SegmentPlan.AtomGroup(slot, all, byValue.ToFrozenDictionary()));
        }

        return tables.ToImmutable();
    }

    /// <summary>Whether a value changes only with a touchpoint, or at moments that are known apart from the rules.</summary>
    private static bool StandsStill(SlotSource source) => source is SlotSource.Attribute or SlotSource.LastChannel or SlotSource.Count or SlotSource.Consent or SlotSource.Rfm;

    private ulong HashOf(ImmutableArray<SegmentAmountDefinition> amounts, ImmutableArray<ImmutableArray<int>> gates)
    {
        var text = new StringBuilder();
        Line($"definitions {_catalog.DefinitionsHash}");
        foreach (var segment in _catalog.Segments.Where(segment => SegmentMask.Has(_live, segment.Ordinal)).OrderBy(segment => segment.Number))
        {
            Line($"segment {segment.Number} {_catalog.Rules[segment.Rule].Canonical}");
        }

        foreach (var read in _read)
        {
            Line($"read {read}");
        }

        for (var i = 0; i < amounts.Length; i++)
        {
            Line($"amount {amounts[i].Number} {string.Join(' ', gates[i])}");
        }

        Line($"rfm {_catalog.Rfm?.Type}");
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private void Set(Dictionary<string, ulong[]> masks, string name, Segment segment)
    {
        if (!masks.TryGetValue(name, out var mask))
        {
            masks.Add(name, mask = Mask());
        }

        SegmentMask.Set(mask, segment.Ordinal);
    }

    private ulong[] Mask() => new ulong[_words];
}
