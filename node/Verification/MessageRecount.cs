using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Node.Verification;

/// <summary>One customer's message ids: none twice within the horizon.</summary>
internal sealed class MessageRecount(string customer, FindingList findings)
{
    private readonly Dictionary<ulong, long> _places = [];
    private long _messages;

    /// <summary>Takes up messages that were cut from the log, oldest first.</summary>
    public void Begin(IEnumerable<ulong> hashes)
    {
        foreach (var hash in hashes)
        {
            _places[hash] = ++_messages;
        }
    }

    public void Apply(TouchpointFact touchpoint, long sequence)
    {
        if (touchpoint.MessageHash == 0)
        {
            return;
        }

        _messages++;
        if (_places.TryGetValue(touchpoint.MessageHash, out var before) && _messages - before <= TouchpointLimits.MessageHorizon)
        {
            findings.Add(
                FindingKind.FactDoubled, $"customer {customer} record {sequence}", $"a message id once in {TouchpointLimits.MessageHorizon}", $"again after {_messages - before}");
        }

        _places[touchpoint.MessageHash] = _messages;
    }
}
