using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Hashing;

namespace PmOrleans.Decisioning.Form;

/// <summary>Hashes what a request means, so that a repeat is told from another request under the same id.</summary>
/// <remarks>
/// The order of members, white space and ways to write a number do not count, nor do <c>deadlineMs</c> and <c>explain</c>, which change how the
/// answer is delivered and not what is decided. The order of placements and of touchpoints does count. The hash is kept in the log, so its key and
/// its layout never change.
/// </remarks>
public static class RequestMeaning
{
    private static readonly SipHash Keyed = new(0x706d6f726c65616eUL, 0x626f647968617368UL);

    [ThreadStatic]
    private static ByteWriter? _writer;

    public static ulong Hash(DecisionRequest request)
    {
        var writer = _writer ??= new ByteWriter(1024);
        writer.Clear();
        writer.Text(request.CustomerId);
        writer.Bool(request.DryRun);
        Optional(writer, request.AtMicros);
        writer.Count(request.Placements.Length);
        foreach (var placement in request.Placements)
        {
            writer.Text(placement.Id);
            writer.Count(placement.Count);
            Sorted(writer, placement.Exclude);
        }

        Bag(writer, request.Context);
        writer.Count(request.Touchpoints.Length);
        foreach (var touchpoint in request.Touchpoints)
        {
            Write(writer, touchpoint);
        }

        return Keyed.Hash64(writer.Written);
    }

    private static void Write(ByteWriter writer, Touchpoint touchpoint)
    {
        writer.Text(touchpoint.MessageId);
        writer.Text(touchpoint.Type);
        Optional(writer, touchpoint.AtMicros);
        writer.Text(touchpoint.Channel);
        writer.Text(touchpoint.DecisionId);
        writer.Text(touchpoint.OfferId);
        Optional(writer, touchpoint.ValueMicros);
        writer.Text(touchpoint.Currency);
        Bag(writer, touchpoint.Properties);
        Bag(writer, touchpoint.Set);
        Sorted(writer, touchpoint.Unset);
        writer.Text(touchpoint.Purpose);
        writer.Byte(touchpoint.Granted is { } granted ? granted ? (byte)2 : (byte)1 : (byte)0);
    }

    private static void Bag(ByteWriter writer, Property[] properties)
    {
        writer.Count(properties.Length);
        if (!IsSorted(properties))
        {
            properties = (Property[])properties.Clone();
            Array.Sort(properties, static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        }

        foreach (ref readonly var property in properties.AsSpan())
        {
            writer.Text(property.Name);
            writer.Byte((byte)property.Value.Kind);
            switch (property.Value.Kind)
            {
                case PropertyKind.Text:
                    writer.Text(property.Value.Text);
                    break;
                case PropertyKind.Json:
                    NestedJson.WriteMeaning(property.Value.Text!, writer);
                    break;
                default:
                    // Adding zero makes -0 and 0 the same bytes.
                    writer.Double(property.Value.Number + 0.0);
                    break;
            }
        }
    }

    private static bool IsSorted(Property[] properties)
    {
        for (var i = 1; i < properties.Length; i++)
        {
            if (string.CompareOrdinal(properties[i - 1].Name, properties[i].Name) > 0)
            {
                return false;
            }
        }

        return true;
    }

    private static void Sorted(ByteWriter writer, string[] ids)
    {
        writer.Count(ids.Length);
        if (ids.Length > 1)
        {
            ids = (string[])ids.Clone();
            Array.Sort(ids, StringComparer.Ordinal);
        }

        foreach (var id in ids)
        {
            writer.Text(id);
        }
    }

    private static void Optional(ByteWriter writer, long? value)
    {
        writer.Bool(value.HasValue);
        writer.Signed(value ?? 0);
    }
}
