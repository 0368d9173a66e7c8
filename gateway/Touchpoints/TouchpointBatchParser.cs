using System.Text.Json;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Touchpoints;

/// <summary>Reads a body of touchpoints: one object, an array of them, or one in each line.</summary>
/// <remarks>
/// A line is whole for itself: a broken one is rejected by its index. In an array nothing can be understood after a broken element, so the body is
/// refused; an element that is well-formed and wrong is rejected by its index.
/// </remarks>
internal static class TouchpointBatchParser
{
    public static TouchpointBatch ReadJson(ReadOnlySpan<byte> body)
    {
        var batch = new TouchpointBatch();
        var errors = new ErrorList();
        try
        {
            var input = new JsonInput(body, stackalloc byte[JsonInput.ScratchLength], errors);
            if (!input.Begin())
            {
                batch.Errors = errors.ToDictionary();
                return batch;
            }

            if (input.Token == JsonTokenType.StartArray)
            {
                ReadArray(ref input, batch);
            }
            else
            {
                batch.IsOneObject = true;
                Add(batch, TouchpointParser.Read(ref input, default), errors);
                input.End();
            }
        }
        catch (JsonException broken)
        {
            errors = batch.IsOneObject ? errors : new ErrorList();
            errors.Add(FieldPath.Body, BrokenJson.Describe(broken, body));
            batch.Errors = errors.ToDictionary();
        }

        if (batch.IsOneObject && batch.Rejected.Count > 0)
        {
            batch.Errors ??= batch.Rejected[0].Errors;
        }

        return batch;
    }

    public static TouchpointBatch ReadLines(ReadOnlySpan<byte> body)
    {
        var batch = new TouchpointBatch();
        Span<byte> scratch = stackalloc byte[JsonInput.ScratchLength];
        var lines = -1;
        foreach (var range in body.Split((byte)'\n'))
        {
            lines++;
            var line = body[range];
            if (line.IndexOfAnyExcept(" \t\r"u8) < 0)
            {
                continue;
            }

            if (batch.Items.Count == TouchpointLimits.Batch)
            {
                batch.TooMany = true;
                break;
            }

            ReadLine(line, lines, scratch, batch);
        }

        if (batch.Items.Count == 0)
        {
            batch.Errors = new Dictionary<string, string[]>(StringComparer.Ordinal) { [FieldPath.Body] = ["is empty; one touchpoint a line is expected"] };
        }

        return batch;
    }

    private static void ReadLine(ReadOnlySpan<byte> line, int linesBefore, Span<byte> scratch, TouchpointBatch batch)
    {
        var errors = new ErrorList();
        Touchpoint? touchpoint = null;
        try
        {
            var input = new JsonInput(line, scratch, errors);
            if (input.Begin())
            {
                touchpoint = TouchpointParser.Read(ref input, default);
                input.End();
            }
        }
        catch (JsonException broken)
        {
            touchpoint = null;
            errors.Add(FieldPath.Body, BrokenJson.Describe(broken, line, linesBefore));
        }

        Add(batch, touchpoint, errors);
    }

    private static void ReadArray(ref JsonInput input, TouchpointBatch batch)
    {
        while (input.NextElement())
        {
            if (batch.Items.Count == TouchpointLimits.Batch)
            {
                batch.TooMany = true;
                return;
            }

            // An item without a mistake leaves the list empty for the next one.
            if (!input.Errors.IsEmpty)
            {
                input.Errors = new ErrorList();
            }

            Add(batch, TouchpointParser.Read(ref input, default), input.Errors);
        }

        input.End();
    }

    private static void Add(TouchpointBatch batch, Touchpoint? touchpoint, ErrorList errors)
    {
        if (touchpoint is null)
        {
            batch.Rejected.Add(new RejectedTouchpoint(batch.Items.Count, errors.ToDictionary()));
        }

        batch.Items.Add(touchpoint);
    }
}
