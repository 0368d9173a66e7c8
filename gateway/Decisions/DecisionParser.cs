using System.Text.Json;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Json;
using PmOrleans.Gateway.Touchpoints;

namespace PmOrleans.Gateway.Decisions;

/// <summary>Reads a request for a decision; all of its mistakes are collected, and one is enough to refuse it whole.</summary>
internal static class DecisionParser
{
    private static readonly string[] Known =
        ["decisionId", "customerId", "placements", "context", "touchpoints", "explain", "dryRun", "deadlineMs", "at"];

    /// <param name="acceptsAt">Whether the node is on the simulated clock and takes time from its requests.</param>
    /// <returns><c>null</c> when there were mistakes.</returns>
    public static DecisionRequest? Read(ReadOnlySpan<byte> body, bool acceptsAt, ErrorList errors)
    {
        try
        {
            var input = new JsonInput(body, stackalloc byte[JsonInput.ScratchLength], errors);
            if (!input.Begin() || !input.BeginObject(FieldPath.Body))
            {
                return null;
            }

            var request = ReadObject(ref input, acceptsAt);
            input.End();
            return request;
        }
        catch (JsonException broken)
        {
            errors.Add(FieldPath.Body, BrokenJson.Describe(broken, body));
            return null;
        }
    }

    private static DecisionRequest? ReadObject(ref JsonInput input, bool acceptsAt)
    {
        FieldPath root = default;
        uint seen = 0;
        string? decisionId = null, customerId = null;
        var placements = new PlacementList();
        Property[] context = [];
        var touchpoints = new List<Touchpoint>();
        bool explain = false, dryRun = false;
        int? deadlineMs = null;
        long? at = null;
        while (input.NextMember(out var name))
        {
            if (name.SequenceEqual("customerId"u8))
            {
                customerId = input.Once(ref seen, 0, root, "customerId") ? input.Id(root, "customerId") : customerId;
            }
            else if (name.SequenceEqual("decisionId"u8))
            {
                decisionId = input.Once(ref seen, 1, root, "decisionId") ? input.Id(root, "decisionId") : decisionId;
            }
            else if (name.SequenceEqual("placements"u8))
            {
                if (input.Once(ref seen, 2, root, "placements"))
                {
                    placements.Read(ref input);
                }
            }
            else if (name.SequenceEqual("context"u8))
            {
                context = input.Once(ref seen, 3, root, "context") ? input.Bag(root, "context") : context;
            }
            else if (name.SequenceEqual("touchpoints"u8))
            {
                if (input.Once(ref seen, 4, root, "touchpoints"))
                {
                    ReadTouchpoints(ref input, touchpoints);
                }
            }
            else if (name.SequenceEqual("explain"u8))
            {
                explain = input.Once(ref seen, 5, root, "explain") ? input.Flag(root, "explain") ?? false : explain;
            }
            else if (name.SequenceEqual("dryRun"u8))
            {
                dryRun = input.Once(ref seen, 6, root, "dryRun") ? input.Flag(root, "dryRun") ?? false : dryRun;
            }
            else if (name.SequenceEqual("deadlineMs"u8))
            {
                deadlineMs = input.Once(ref seen, 7, root, "deadlineMs") ? input.Whole(root, "deadlineMs", 1, DecisionLimits.MaxDeadlineMs) : deadlineMs;
            }
            else if (name.SequenceEqual("at"u8))
            {
                at = input.Once(ref seen, 8, root, "at") ? input.Time(root, "at") : at;
            }
            else
            {
                input.Unknown(root, name, Known);
            }
        }

        Check(input.Errors, customerId, placements, touchpoints, at, acceptsAt);
        if (!input.Errors.IsEmpty)
        {
            return null;
        }

        var request = new DecisionRequest
        {
            DecisionId = decisionId,
            CustomerId = customerId!,
            DeadlineMs = deadlineMs,
            Placements = placements.ToArray(),
            Context = context,
            Touchpoints = OfCustomer(touchpoints, customerId!),
            Explain = explain,
            DryRun = dryRun,
            AtMicros = at,
        };
        return request with { BodyHash = RequestMeaning.Hash(request) };
    }

    private static void ReadTouchpoints(ref JsonInput input, List<Touchpoint> touchpoints)
    {
        if (!input.BeginArray(default, "touchpoints"))
        {
            return;
        }

        var index = 0;
        for (; input.NextElement(); index++)
        {
            if (index >= DecisionLimits.Touchpoints)
            {
                input.Skip();
            }
            else if (TouchpointParser.Read(ref input, new FieldPath("touchpoints", index), customerOptional: true) is { } touchpoint)
            {
                touchpoints.Add(touchpoint);
            }
        }

        if (index > DecisionLimits.Touchpoints)
        {
            input.Errors.Add("touchpoints", $"has {index} elements; allowed are 0 to {DecisionLimits.Touchpoints}");
        }
    }

    private static void Check(ErrorList errors, string? customerId, PlacementList placements, List<Touchpoint> touchpoints, long? at, bool acceptsAt)
    {
        if (customerId is null && !errors.Has("customerId"))
        {
            errors.Add("customerId", "is required");
        }

        if (placements.Count == 0 && !errors.Has("placements"))
        {
            errors.Add("placements", $"is required, with 1 to {DecisionLimits.Placements} placements");
        }

        if (at is not null && !acceptsAt)
        {
            errors.Add("at", "is accepted only by a node started with --clock simulated");
        }

        // The request's customer may stand behind its touchpoints, so the two are compared at the end. With a mistake
        // anywhere the positions in the list need not be those in the body; then there are errors enough.
        for (var i = 0; errors.IsEmpty && i < touchpoints.Count; i++)
        {
            if (touchpoints[i].CustomerId is { Length: > 0 } other && other != customerId)
            {
                errors.Add(new FieldPath("touchpoints", i).Of("customerId"), "must be absent or the request's customerId");
            }
        }
    }

    private static Touchpoint[] OfCustomer(List<Touchpoint> touchpoints, string customerId)
    {
        if (touchpoints.Count == 0)
        {
            return [];
        }

        var result = new Touchpoint[touchpoints.Count];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = touchpoints[i].CustomerId.Length > 0 ? touchpoints[i] : touchpoints[i] with { CustomerId = customerId };
        }

        return result;
    }
}
