using PmOrleans.Decisioning.Codec;

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
        var type = reader.RequiredText();
        long? at = reader.Bool() ? reader.Signed() : null;
        var channel = reader.Text();
        var decisionId = reader.Text();
        var offerId = reader.Text();
        var value = reader.Signed();
        var currency = reader.Text();
        var properties = PropertyBody.Read(ref reader);
        var set = PropertyBody.Read(ref reader);
        var unset = new string[reader.Items()];
        for (var i = 0; i < unset.Length; i++)
        {
            unset[i] = reader.RequiredText();
        }

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
            Set = set,
            Unset = unset,
            Purpose = reader.Text(),
            Granted = reader.Byte() switch
            {
                0 => null,
                1 => false,
                2 => true,
                var other => throw new CorruptDataException($"a consent is 0, 1 or 2, not {other}"),
            },
        };
    }
}
