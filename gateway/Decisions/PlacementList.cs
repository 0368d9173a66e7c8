using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Json;

namespace PmOrleans.Gateway.Decisions;

/// <summary>The placements of a request while it is read.</summary>
internal struct PlacementList
{
    private const string Field = "placements";

    private static readonly string[] Known = ["id", "count", "exclude"];

    private List<PlacementRequest>? _placements;

    /// <summary>How many the body has, wrong ones included.</summary>
    public int Count { get; private set; }

    public readonly PlacementRequest[] ToArray() => [.. _placements ?? []];

    public void Read(ref JsonInput input)
    {
        if (!input.BeginArray(default, Field))
        {
            return;
        }

        for (; input.NextElement(); Count++)
        {
            if (Count >= DecisionLimits.Placements)
            {
                input.Skip();
            }
            else
            {
                ReadOne(ref input, new FieldPath(Field, Count));
            }
        }

        if (Count > DecisionLimits.Placements)
        {
            input.Errors.Add(Field, $"has {Count} elements; allowed are 1 to {DecisionLimits.Placements}");
        }
    }

    private void ReadOne(ref JsonInput input, FieldPath path)
    {
        if (input.Token != System.Text.Json.JsonTokenType.StartObject)
        {
            input.BeginObject(path.Self);
            return;
        }

        uint seen = 0;
        string? id = null;
        var count = 1;
        string[] exclude = [];
        while (input.NextMember(out var name))
        {
            if (name.SequenceEqual("id"u8))
            {
                id = input.Once(ref seen, 0, path, "id") ? input.Id(path, "id") : id;
            }
            else if (name.SequenceEqual("count"u8))
            {
                count = input.Once(ref seen, 1, path, "count") ? input.Whole(path, "count", 1, DecisionLimits.Count) ?? 1 : count;
            }
            else if (name.SequenceEqual("exclude"u8))
            {
                exclude = input.Once(ref seen, 2, path, "exclude") ? input.Ids(path, "exclude", DecisionLimits.Exclude) : exclude;
            }
            else
            {
                input.Unknown(path, name, Known);
            }
        }

        if (id is null)
        {
            if (!input.Errors.Has(path.Of("id")))
            {
                input.Errors.Add(path.Of("id"), "is required");
            }

            return;
        }

        _placements ??= new List<PlacementRequest>(4);
        foreach (var placement in _placements)
        {
            if (placement.Id == id)
            {
                input.Errors.Add(path.Of("id"), $"is '{Labels.Shown(id)}' again; each placement once");
                return;
            }
        }

        _placements.Add(new PlacementRequest(id, count, exclude));
    }
}
