using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Segments;

/// <summary>What bringing segments up to date works in; grown once, used by one thread at a time.</summary>
internal sealed class SegmentWork
{
    private ulong[] _dirty = [];
    private ulong[] _passed = [];
    private int _words;

    /// <summary>Ordinals of the segments to look at.</summary>
    public Span<ulong> Dirty => _dirty.AsSpan(0, _words);

    /// <summary>Room for as many ordinals; says nothing by itself.</summary>
    public Span<ulong> Passed => _passed.AsSpan(0, _words);

    public List<int> Entered { get; } = [];

    public List<int> Left { get; } = [];

    public List<SegmentAmount> Reported { get; } = [];

    /// <summary>Indexes of amounts to look at.</summary>
    public List<int> Amounts { get; } = [];

    public bool AllAmounts { get; set; }

    public bool HasDirty => Dirty.ContainsAnyExcept(0UL);

    public void Begin(SegmentPlan plan)
    {
        _words = plan.Words;
        if (_dirty.Length < _words)
        {
            _dirty = new ulong[_words];
            _passed = new ulong[_words];
        }

        Dirty.Clear();
        Entered.Clear();
        Left.Clear();
        Reported.Clear();
        Amounts.Clear();
        AllAmounts = false;
    }
}
