using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Profiles;

/// <content>
/// Segments: which ones the customer is in is folded from facts; until when that is known to hold, and for which definitions, is remembered beside
/// it and neither stored nor compared.
/// </content>
public sealed partial class CustomerState
{
    /// <summary>Largest segment number there can be: a million ids of segments ever used.</summary>
    public const int HighestSegment = 1_000_000;

    private PackedMembership _membership;
    private ulong _segmentsStamp;
    private long _segmentsSequence = -1;
    private long _segmentsDueMicros = long.MaxValue;
    private long _segmentsAtMicros;

    /// <summary>When time alone may change a segment; the past while it is not known for this state.</summary>
    public long SegmentsDueMicros => _segmentsSequence == Sequence ? _segmentsDueMicros : Sequence == 0 ? long.MaxValue : LastSeenMicros + 1;

    /// <summary>Number of segments the customer was in after the last record.</summary>
    public int SegmentCount => _membership.Count;

    public bool IsInSegment(int number) => _membership.Has(number);

    /// <summary>Numbers of the segments the customer was in after the last record, ascending.</summary>
    public IReadOnlyList<int> SegmentNumbers()
    {
        var numbers = new List<int>(_membership.Count);
        for (var index = 0; index < _membership.Words; index++)
        {
            for (var word = _membership.Word(index); word != 0; word &= word - 1)
            {
                numbers.Add((index * 64) + System.Numerics.BitOperations.TrailingZeroCount(word) + 1);
            }
        }

        return numbers;
    }

    /// <summary>Whether the remembered membership is what these definitions give at this time.</summary>
    internal bool KnowsSegments(ulong stamp, long nowMicros) =>
        _segmentsStamp == stamp && _segmentsSequence == Sequence && nowMicros < _segmentsDueMicros;

    /// <summary>Whether the membership was brought up to date by the record before this one, so that only what this record changed need be looked at.</summary>
    internal bool KnewSegments(ulong stamp, long sequence) => _segmentsStamp == stamp && _segmentsSequence >= sequence - 1 && _segmentsSequence >= 0;

    internal long LastSegmentsDueMicros => _segmentsDueMicros;

    /// <summary>When they were last looked at.</summary>
    internal long LastSegmentsAtMicros => _segmentsAtMicros;

    internal ref readonly PackedMembership Membership => ref _membership;

    internal void RememberSegments(ulong stamp, long sequence, long dueMicros, long atMicros) =>
        (_segmentsStamp, _segmentsSequence, _segmentsDueMicros, _segmentsAtMicros) = (stamp, sequence, dueMicros, atMicros);

    /// <summary>What no segment's rule reads leaves the membership as well known as it was.</summary>
    private void KeepSegments(Fact fact, long sequence)
    {
        if (_segmentsSequence == Sequence && fact is DecisionFact or OutcomeFact or SegmentChangeFact or SuppressedFact or ExperimentAssignedFact or IdentityFact or ErasureFact)
        {
            _segmentsSequence = sequence;
        }
    }

    private void ApplySegmentChange(SegmentChangeFact fact)
    {
        See(fact.AtMicros);
        foreach (var number in fact.Left)
        {
            SetSegment(number, isIn: false);
        }

        foreach (var number in fact.Entered)
        {
            SetSegment(number, isIn: true);
        }

        foreach (var (number, micros) in fact.Amounts)
        {
            _membership.SetAmount(number, micros);
        }
    }

    private void SetSegment(int number, bool isIn)
    {
        if (number is >= 1 and <= HighestSegment)
        {
            _membership.Set(number, isIn);
        }
    }
}
