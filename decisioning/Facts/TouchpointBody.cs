using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Facts;

/// <summary>Stored form of a touchpoint. The claimed time is in the fact.</summary>
internal static class TouchpointBody
{
    public static void Write(Touchpoint touchpoint, ByteWriter writer)
    {
        writer.Text(touchpoint.MessageId);
        writer.Text(touchpoint.CustomerId);
        writer.Text(touchpoint.Type);
        writer.Bool(touchpoint.AtMicros.HasValue);
        if (touchpoint.AtMicros is { } at)
        {
            writer.Signed(at);
        }

        writer.Text(touchpoint.Channel);
        writer.Text(touchpoint.DecisionId);
        writer.Text(touchpoint.OfferId);
        writer.Signed(touchpoint.ValueMicros ?? -1);
        writer.Text(touchpoint.Currency);
        PropertyBody.Write(touchpoint.Properties, writer);
        PropertyBody.Write(touchpoint.Set, writer);
        writer.Count(touchpoint.Unset.Length);
        foreach (var name in touchpoint.Unset)
        {
            writer.Text(name);
        }

        writer.Text(touchpoint.Purpose);
        writer.Byte(touchpoint.Granted switch { null => 0, false => 1, true => 2 });
    }

    public static Touchpoint Read(ref ByteReader reader)
    {
        var messageId = reader.Text();
        var customerId = reader.RequiredText();
        var type = NamePool.FindRequired(ref reader);
        long? at = reader.Bool() ? reader.Signed() : null;
        var channel = NamePool.Find(ref reader);
        var decisionId = reader.Text();
        var offerId = reader.Text();
        var value = reader.Signed();
        var currency = NamePool.Find(ref reader);
        var properties = PropertyBody.Read(ref reader);
        return new Touchpoint
        {
            MessageId = messageId,
            CustomerId = customerId,
            Type = type,
            AtMicros = at,
            Channel = channel,
            DecisionId = decisionId,
            OfferId = offerId,
            ValueMicros = value < 0 ? null : value,
            Currency = currency,
            Properties = properties,
            Set = PropertyBody.Read(ref reader),
            Unset = ReadUnset(ref reader),
            Purpose = NamePool.Find(ref reader),
            Granted = ReadGranted(ref reader),
        };
    }

    /// <summary>What a fold with this catalog looks at; see <see cref="FactCodec.ReadToFold"/>.</summary>
    public static Touchpoint ReadToFold(ref ByteReader reader, CatalogSnapshot catalog)
    {
        // In the order of the fields, as above.
        reader.SkipText();
        reader.SkipText();
        var type = NamePool.FindRequired(ref reader);
        if (reader.Bool())
        {
            reader.Signed();
        }

        var channel = NamePool.Find(ref reader);
        reader.SkipText();
        reader.SkipText();
        var value = reader.Signed();
        reader.SkipText();
        Property[] properties = [];
        if (catalog.ReadsPropertiesOf(type))
        {
            properties = PropertyBody.Read(ref reader);
        }
        else
        {
            PropertyBody.Skip(ref reader);
        }

        return new Touchpoint
        {
            CustomerId = "",
            Type = type,
            Channel = channel,
            ValueMicros = value < 0 ? null : value,
            Properties = properties,
            Set = PropertyBody.Read(ref reader),
            Unset = ReadUnset(ref reader),
            Purpose = NamePool.Find(ref reader),
            Granted = ReadGranted(ref reader),
        };
    }

    private static string[] ReadUnset(ref ByteReader reader)
    {
        var count = reader.Items();
        if (count == 0)
        {
            return [];
        }

        var unset = new string[count];
        for (var i = 0; i < unset.Length; i++)
        {
            unset[i] = NamePool.FindRequired(ref reader);
        }

        return unset;
    }

    private static bool? ReadGranted(ref ByteReader reader) => reader.Byte() switch
    {
        0 => null,
        1 => false,
        2 => true,
        var other => throw new CorruptDataException($"a consent is 0, 1 or 2, not {other}"),
    };
}
