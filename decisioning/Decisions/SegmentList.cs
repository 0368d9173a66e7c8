using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>The segments a customer is in, as the rules' list <c>segments</c>; refilled for each customer, never allocated anew.</summary>
internal sealed class SegmentList : CelList
{
    private readonly List<Segment> _members = [];

    public override int Count => _members.Count;

    public override CelValue this[int index] => CelValue.Of(_members[index].Id);

    public IReadOnlyList<Segment> Members => _members;

    public void Clear() => _members.Clear();

    public void Add(Segment segment) => _members.Add(segment);

    public override bool Contains(in CelValue value)
    {
        if (value.Kind != CelKind.String)
        {
            return false;
        }

        var id = value.AsString();
        foreach (var member in _members)
        {
            if (member.Id == id)
            {
                return true;
            }
        }

        return false;
    }
}
